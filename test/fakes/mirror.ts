// A consumer of watch events, as simple as can be: what it holds is what the events say.
import type { WatchEvent } from '../../src/model/records.ts';

interface Named {
  readonly namespace?: string;
  readonly name: string;
  readonly resourceVersion: string;
}

export class Mirror<Record extends Named> {
  /** Records by name. */
  readonly records = new Map<string, Record>();
  isSynced = false;
  /** Names that the list in progress has shown; undefined outside a list. */
  #listed: Set<string> | undefined;

  readonly onEvent = (event: WatchEvent<Record>): void => {
    switch (event.kind) {
      case 'put':
        this.#listed?.add(event.record.name);
        this.records.set(event.record.name, event.record);
        break;
      case 'delete':
        this.#listed?.delete(event.name);
        this.records.delete(event.name);
        break;
      case 'unreadable':
        this.#listed?.add(event.name);
        break;
      case 'replace-start':
        this.#listed = new Set();
        break;
      case 'synced':
        for (const name of this.records.keys()) if (!this.#listed?.has(name)) this.records.delete(name);
        this.#listed = undefined;
        this.isSynced = true;
        break;
    }
  };
}
