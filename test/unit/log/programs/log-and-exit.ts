// A process that logs much and exits at once.
import { createLogger, standardError } from '../../../../src/log/logger.ts';

const log = createLogger({ format: 'text', verbosity: 2, destination: standardError() });
for (let i = 0; i < 2_000; i++) log.info({ i }, 'Line');
process.exit(0);
