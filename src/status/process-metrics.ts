// What Prometheus's own client for Go says of a process, so that dashboards which watch kube-proxy's memory go on.
import type { Registry } from 'prom-client';
import { metricMakers, seconds, showTotal } from './metric-makers.ts';

/** undefined: this system does not say. */
export interface ProcessStats {
  readonly cpuSeconds: number;
  readonly startedAtMs: number;
  readonly residentBytes: number;
  readonly virtualBytes: number | undefined;
  readonly virtualLimitBytes: number | undefined;
  readonly openFiles: number | undefined;
  readonly openFilesLimit: number | undefined;
  /** Of the network namespace. */
  readonly networkReceivedBytes: number | undefined;
  readonly networkSentBytes: number | undefined;
}

export interface ProcessMetrics {
  refresh(stats: ProcessStats): void;
}

export function createProcessMetrics(registry: Registry): ProcessMetrics {
  const { counter, gauge } = metricMakers(registry);
  const cpu = counter('process_cpu_seconds_total', 'Processor time used, in user space and kernel.');
  const received = counter(
    'process_network_receive_bytes_total',
    'Bytes that the node has received over IP.',
  );
  const sent = counter('process_network_transmit_bytes_total', 'Bytes that the node has sent over IP.');
  const gauges = {
    residentBytes: gauge('process_resident_memory_bytes', 'Memory in RAM.'),
    virtualBytes: gauge('process_virtual_memory_bytes', 'Address space in use.'),
    virtualLimitBytes: gauge('process_virtual_memory_max_bytes', 'Address space that may be used.'),
    openFiles: gauge('process_open_fds', 'Open file descriptors.'),
    openFilesLimit: gauge('process_max_fds', 'File descriptors that may be open.'),
  };
  const started = gauge('process_start_time_seconds', 'When the process started, since the epoch.');
  return {
    refresh: (stats) => {
      showTotal(cpu, stats.cpuSeconds);
      showTotal(received, stats.networkReceivedBytes ?? 0);
      showTotal(sent, stats.networkSentBytes ?? 0);
      started.set(seconds(stats.startedAtMs));
      for (const name of Object.keys(gauges) as (keyof typeof gauges)[]) gauges[name].set(stats[name] ?? 0);
    },
  };
}
