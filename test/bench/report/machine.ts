// On what, and when, the figures were taken.
import { cpus, loadavg, release } from 'node:os';

export function machineText(): string {
  const [cpu] = cpus();
  const date = new Date().toISOString().slice(0, 10);
  const load = loadavg()[0]?.toFixed(1);
  return `${date}, ${cpus().length} × ${cpu?.model.trim()}, Linux ${release()}, Node ${process.version}, load ${load} at the end.`;
}
