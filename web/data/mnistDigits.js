// JavaScript, so that the type checker does not read 20 MB of numbers. The bundler finds each address and copies the file
// as it is: as modules they took it ten seconds.
const addresses = [
  new URL('mnist/src/digits/0.json', import.meta.url),
  new URL('mnist/src/digits/1.json', import.meta.url),
  new URL('mnist/src/digits/2.json', import.meta.url),
  new URL('mnist/src/digits/3.json', import.meta.url),
  new URL('mnist/src/digits/4.json', import.meta.url),
  new URL('mnist/src/digits/5.json', import.meta.url),
  new URL('mnist/src/digits/6.json', import.meta.url),
  new URL('mnist/src/digits/7.json', import.meta.url),
  new URL('mnist/src/digits/8.json', import.meta.url),
  new URL('mnist/src/digits/9.json', import.meta.url),
];

// In Node the files are read as they are.
const requireFile = globalThis.process?.getBuiltinModule?.('node:module').createRequire(import.meta.url);

export async function loadDigit(digit) {
  if (requireFile) return requireFile(`mnist/src/digits/${digit}.json`).data;
  const response = await fetch(addresses[digit]);
  if (!response.ok) throw new Error(`the digits cannot be fetched: ${addresses[digit].href} answered ${response.status}. Reload the page and try again.`);
  return (await response.json()).data;
}
