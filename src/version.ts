// Which Fairlead this is: the package's own version, put into the bundle when it is made.
import manifest from '../package.json' with { type: 'json' };

export const VERSION: string = manifest.version;
