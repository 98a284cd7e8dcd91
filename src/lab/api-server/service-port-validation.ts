// Which ports of a Service are refused (pkg/apis/core/validation/validation.go, ValidateService and validateServicePort).
import {
  duplicateField,
  forbiddenField,
  invalidField,
  requiredField,
  unsupportedField,
} from './field-error.ts';
import { labelProblems } from './object-name.ts';
import {
  isHeadless,
  mayHaveNodePorts,
  needsClusterIp,
  type ServicePort,
  type ServiceSpec,
} from './service-spec.ts';
import type { StatusCause } from './status-error.ts';

const PROTOCOLS = ['SCTP', 'TCP', 'UDP'];

export function portsProblems(spec: ServiceSpec): StatusCause[] {
  const { ports = [] } = spec;
  if (ports.length === 0)
    return isHeadless(spec) || !needsClusterIp(spec) ? [] : [requiredField('spec.ports')];
  return [
    ...ports.flatMap((port, i) => portProblems(port, `spec.ports[${i}]`, ports.length > 1)),
    ...ports.flatMap((port, i) => duplicates(port, ports.slice(0, i), `spec.ports[${i}]`)),
    ...(mayHaveNodePorts(spec) ? [] : ports.flatMap(strayNodePort)),
  ];
}

function portProblems(port: ServicePort, field: string, needsName: boolean): StatusCause[] {
  const { name = '', protocol, targetPort = 0 } = port;
  return [
    ...(name ? labelProblems(`${field}.name`, name) : needsName ? [requiredField(`${field}.name`)] : []),
    ...portNumberProblems(`${field}.port`, port.port ?? 0),
    ...(PROTOCOLS.includes(protocol ?? '')
      ? []
      : [unsupportedField(`${field}.protocol`, protocol, PROTOCOLS)]),
    ...(typeof targetPort === 'number' ? portNumberProblems(`${field}.targetPort`, targetPort) : []),
  ];
}

function portNumberProblems(field: string, port: number): StatusCause[] {
  return port >= 1 && port <= 65_535
    ? []
    : [invalidField(field, port, 'must be between 1 and 65535, inclusive')];
}

function duplicates(port: ServicePort, before: readonly ServicePort[], field: string): StatusCause[] {
  const { name, protocol, nodePort } = port;
  const sameProtocol = before.filter((other) => other.protocol === protocol);
  return [
    ...(name && before.some((other) => other.name === name) ? [duplicateField(`${field}.name`, name)] : []),
    ...(nodePort && sameProtocol.some((other) => other.nodePort === nodePort)
      ? [duplicateField(`${field}.nodePort`, nodePort)]
      : []),
    ...(sameProtocol.some((other) => other.port === port.port)
      ? [duplicateField(field, { protocol, port: port.port })]
      : []),
  ];
}

function strayNodePort({ nodePort }: ServicePort, i: number): StatusCause[] {
  if (!nodePort) return [];
  return [forbiddenField(`spec.ports[${i}].nodePort`, "may not be used when `type` is 'ClusterIP'")];
}
