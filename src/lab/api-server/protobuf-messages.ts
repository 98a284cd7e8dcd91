// The parts of protobuf messages of the Kubernetes API that the lab reads: Namespaces and Services, which kubectl creates.

/** Field number to name and type, from the generated.proto files of k8s.io/api and k8s.io/apimachinery. */
export type Message = ReadonlyMap<number, readonly [name: string, type: FieldType]>;
export type FieldType =
  | 'text'
  | 'texts'
  | 'textMap'
  | 'integer'
  | 'boolean'
  | 'intOrString'
  | Message
  | readonly [Message];

const OBJECT_META: Message = new Map<number, readonly [string, FieldType]>([
  [1, ['name', 'text']],
  [2, ['generateName', 'text']],
  [3, ['namespace', 'text']],
  [5, ['uid', 'text']],
  [6, ['resourceVersion', 'text']],
  [11, ['labels', 'textMap']],
  [12, ['annotations', 'textMap']],
  [14, ['finalizers', 'texts']],
]);

const SERVICE_PORT: Message = new Map<number, readonly [string, FieldType]>([
  [1, ['name', 'text']],
  [2, ['protocol', 'text']],
  [3, ['port', 'integer']],
  [4, ['targetPort', 'intOrString']],
  [5, ['nodePort', 'integer']],
  [6, ['appProtocol', 'text']],
]);

const CLIENT_IP: Message = new Map([[1, ['clientIP', new Map([[1, ['timeoutSeconds', 'integer']]])]]]);

const SERVICE_SPEC: Message = new Map<number, readonly [string, FieldType]>([
  [1, ['ports', [SERVICE_PORT]]],
  [2, ['selector', 'textMap']],
  [3, ['clusterIP', 'text']],
  [4, ['type', 'text']],
  [5, ['externalIPs', 'texts']],
  [7, ['sessionAffinity', 'text']],
  [8, ['loadBalancerIP', 'text']],
  [9, ['loadBalancerSourceRanges', 'texts']],
  [10, ['externalName', 'text']],
  [11, ['externalTrafficPolicy', 'text']],
  [12, ['healthCheckNodePort', 'integer']],
  [13, ['publishNotReadyAddresses', 'boolean']],
  [14, ['sessionAffinityConfig', CLIENT_IP]],
  [17, ['ipFamilyPolicy', 'text']],
  [18, ['clusterIPs', 'texts']],
  [19, ['ipFamilies', 'texts']],
  [20, ['allocateLoadBalancerNodePorts', 'boolean']],
  [21, ['loadBalancerClass', 'text']],
  [22, ['internalTrafficPolicy', 'text']],
  [23, ['trafficDistribution', 'text']],
]);

/** By plural. */
export const MESSAGES: Readonly<Record<string, Message>> = {
  namespaces: new Map([[1, ['metadata', OBJECT_META]]]),
  services: new Map<number, readonly [string, FieldType]>([
    [1, ['metadata', OBJECT_META]],
    [2, ['spec', SERVICE_SPEC]],
  ]),
};

/** runtime.Unknown without what it holds. */
export const UNKNOWN: Message = new Map<number, readonly [string, FieldType]>([
  [
    1,
    [
      'typeMeta',
      new Map<number, readonly [string, FieldType]>([
        [1, ['apiVersion', 'text']],
        [2, ['kind', 'text']],
      ]),
    ],
  ],
]);
