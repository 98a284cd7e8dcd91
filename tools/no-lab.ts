// Stands in the image's bundle for the lab (see bundle.ts), which needs the whole project and the right to make network namespaces.
export async function runDemo(): Promise<number> {
  console.error('fairlead: the lab is not in the image; run it from the sources: npm run demo');
  return 1;
}
