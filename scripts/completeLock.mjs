/**
 * After `npm install`: names in package-lock.json the packages of other platforms that npm left out because the registry
 * it asked lacks them. Without an entry `npm ci` refuses the whole lock; with one it skips what is not for its machine.
 */
import { readFileSync, writeFileSync } from 'node:fs';

const PLATFORMS = ['android', 'darwin', 'freebsd', 'linux', 'netbsd', 'openbsd', 'openharmony', 'sunos', 'win32', 'aix'];
const PROCESSORS = {
  amd64: 'x64',
  x64: 'x64',
  arm64: 'arm64',
  arm: 'arm',
  ia32: 'ia32',
  ppc64: 'ppc64',
  riscv64: 'riscv64',
  s390x: 's390x',
  loong64: 'loong64',
  mips64el: 'mips64el',
};

const file = new URL('../package-lock.json', import.meta.url);
const lock = JSON.parse(readFileSync(file, 'utf8'));
const added = [];
for (const [parent, { optionalDependencies = {}, dev }] of Object.entries(lock.packages)) {
  for (const [name, version] of Object.entries(optionalDependencies)) {
    const nested = `${parent}/node_modules/${name}`;
    const path = `node_modules/${name}`;
    if (lock.packages[nested] || lock.packages[path] || !/^\d/.test(version)) continue;
    const parts = name.split(/[/-]/);
    const os = parts.find((part) => PLATFORMS.includes(part));
    const cpu = PROCESSORS[parts.find((part) => part in PROCESSORS)];
    if (!os) continue;
    const libc = parts.includes('musl') ? { libc: ['musl'] } : parts.includes('gnu') && os === 'linux' ? { libc: ['glibc'] } : {};
    lock.packages[path] = { version, ...(cpu ? { cpu: [cpu] } : {}), ...(dev ? { dev: true } : {}), ...libc, optional: true, os: [os] };
    added.push(name);
  }
}
const rank = ([a], [b]) => (a < b ? -1 : a > b ? 1 : 0);
lock.packages = Object.fromEntries(Object.entries(lock.packages).sort(rank));
writeFileSync(file, `${JSON.stringify(lock, null, 2)}\n`);
process.stdout.write(`${added.length} entries added\n`);
