// What a population says of a Service, before it becomes API objects.

export interface PopulationService {
  readonly name: string;
  readonly clusterIp: string;
  /** All TCP. */
  readonly ports: readonly PopulationPort[];
  /** Numbers of pods: podOf in nodes.ts knows them. */
  readonly pods: readonly number[];
  /** undefined for a ClusterIP Service. */
  readonly loadBalancer: LoadBalancer | undefined;
  readonly hasAffinity: boolean;
}

export interface PopulationPort {
  /** Empty for the only port. */
  readonly name: string;
  readonly port: number;
  readonly targetPort: number;
  /** 0 for none. */
  readonly nodePort: number;
}

export interface LoadBalancer {
  readonly ip: string;
  /** 0: the Cluster policy. Otherwise the Local one. */
  readonly healthCheckNodePort: number;
}
