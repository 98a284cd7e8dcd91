import { describe, expect, it } from 'vitest';
import { decodeProtobuf } from '../../../../src/lab/api-server/protobuf.ts';
import { namespaces, nodes, services } from '../../../../src/lab/api-server/resources.ts';

// What kubectl 1.36.2 sent for the commands.
const NAMESPACE = 'azhzAAoPCgJ2MRIJTmFtZXNwYWNlEhwKFAoEc2hvcBIAGgAiACoAMgA4AEIAEgAaAgoAGgAiAA==';
const NODE_PORT =
  'azhzAAoNCgJ2MRIHU2VydmljZRKNAQohCgJucBIAGgRzaG9wIgAqADIAOABCAFoJCgNhcHASAm5wEmQKGwoHODAtODA4MBIDVENQGFAiBwgAEJA/GgAoAAoiCgk0NDMtaHR0cHMSA1RDUBi7AyILCAEQABoFaHR0cHMoABIJCgNhcHASAm5wGgAiCE5vZGVQb3J0OgBCAFIAWgBgAGgAGgIKABoAIgA=';

describe('objects in protobuf', () => {
  it('kubectl create namespace shop', () => {
    expect(decodeProtobuf(namespaces, Buffer.from(NAMESPACE, 'base64'))).toEqual({
      apiVersion: 'v1',
      kind: 'Namespace',
      metadata: { name: 'shop' },
    });
  });

  it('kubectl create service nodeport np --tcp=80:8080,443:https -n shop', () => {
    expect(decodeProtobuf(services, Buffer.from(NODE_PORT, 'base64'))).toEqual({
      apiVersion: 'v1',
      kind: 'Service',
      metadata: { name: 'np', namespace: 'shop', labels: { app: 'np' } },
      spec: {
        type: 'NodePort',
        selector: { app: 'np' },
        ports: [
          { name: '80-8080', protocol: 'TCP', port: 80, targetPort: 8080 },
          { name: '443-https', protocol: 'TCP', port: 443, targetPort: 'https' },
        ],
        publishNotReadyAddresses: false,
      },
    });
  });

  it('that are cut anywhere are no objects, or are without what was cut off', () => {
    const whole = Buffer.from(NODE_PORT, 'base64');
    const envelopeEnd = whole.length - 4;
    for (let length = 0; length < envelopeEnd; length++) {
      expect(decodeProtobuf(services, whole.subarray(0, length)), `${length} bytes`).toBeUndefined();
    }
  });

  it('are of kinds that kubectl sends so', () => {
    expect(decodeProtobuf(nodes, Buffer.from(NAMESPACE, 'base64'))).toBeUndefined();
  });
});
