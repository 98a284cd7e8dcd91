// Something that others wait for, again and again.

export class Gate {
  #opening = Promise.withResolvers<void>();
  #isOpen = false;

  /** Resolves when it is open; all who wait go on before the next turn of the event loop, even if it closes meanwhile. */
  get opened(): Promise<void> {
    return this.#opening.promise;
  }

  open(): void {
    this.#isOpen = true;
    this.#opening.resolve();
  }

  close(): void {
    if (!this.#isOpen) return;
    this.#isOpen = false;
    this.#opening = Promise.withResolvers();
  }
}
