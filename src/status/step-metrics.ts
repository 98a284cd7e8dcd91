// Where the time of a sync goes, by mode and step: what a slow node has to show before anybody can say why.
import { type MetricMakers, seconds } from './metric-makers.ts';
import { SYNC_STEPS, type SyncReport } from './snapshot.ts';

/** From a tenth of a millisecond, which one Service takes to plan, to seconds, which a slow tool takes for ten thousand. */
const BUCKETS = [0.0001, 0.0004, 0.0016, 0.0064, 0.0256, 0.1024, 0.4096, 1.6384, 6.5536];

export function stepMetrics({ histogram }: MetricMakers, mode: string) {
  const duration = histogram({
    name: 'fairlead_sync_step_duration_seconds',
    help: 'How long a step of a sync took, with what else the event loop did meanwhile.',
    labels: ['mode', 'step', 'ip_family'],
    buckets: BUCKETS,
  });
  return {
    onSync({ family, stepsMs }: SyncReport): void {
      for (const step of SYNC_STEPS) {
        const ms = stepsMs[step];
        if (ms !== undefined) duration.observe({ mode, step, ip_family: family }, seconds(ms));
      }
    },
  };
}
