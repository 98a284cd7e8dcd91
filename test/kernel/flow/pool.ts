// Runs many asynchronous tasks, some at a time.

/** The results in the order of the items. Rejects when one does. */
export async function inPool<T, R>(
  items: readonly T[],
  size: number,
  task: (item: T) => Promise<R>,
): Promise<R[]> {
  const results = new Array<R>(items.length);
  const queue = items.entries();
  const work = async () => {
    for (const [i, item] of queue) results[i] = await task(item);
  };
  await Promise.all(Array.from({ length: size }, work));
  return results;
}
