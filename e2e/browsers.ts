/**
 * Real browsers for tests, demos and conformance: Debian's Chromium (WebGPU on SwiftShader) and Firefox ESR (WebGPU on
 * Mesa's lavapipe). Paths can be overridden: TUTTI_CHROMIUM, TUTTI_FIREFOX, TUTTI_LAVAPIPE_ICD.
 */
import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type BrowserContext, chromium, type Page } from 'playwright';
import puppeteer, { type Browser as FirefoxBrowser, type Page as FirefoxPage } from 'puppeteer-core';

export interface ChromiumOptions {
  /** Keeps storage between launches. Without it a fresh folder is made, and removed by `close`. */
  readonly profileDir?: string;
  /** Default true: a SwiftShader adapter. False leaves WebGPU off, as in a browser without it. */
  readonly webgpu?: boolean;
  readonly headless?: boolean;
  /** More command-line flags. */
  readonly args?: readonly string[];
}

export interface Chromium {
  readonly context: BrowserContext;
  newPage(): Promise<Page>;
  /** Closes the browser, and removes its profile unless the caller named it. */
  close(): Promise<void>;
}

export interface FirefoxOptions {
  readonly profileDir?: string;
  readonly webgpu?: boolean;
  readonly headless?: boolean;
  /** More preferences (about:config). */
  readonly prefs?: Readonly<Record<string, boolean | number | string>>;
}

export interface Firefox {
  readonly browser: FirefoxBrowser;
  newPage(): Promise<FirefoxPage>;
  close(): Promise<void>;
}

/** What Playwright's and Puppeteer's pages have in common: `(await browser.newPage()) as unknown as AnyPage`. */
export interface AnyPage {
  goto(url: string): Promise<unknown>;
  waitForFunction(condition: () => boolean): Promise<unknown>;
  evaluate<A, R>(run: (given: A) => Promise<R>, given: A): Promise<R>;
}

const QUIET_FLAGS = ['--no-sandbox', '--disable-quic', '--no-first-run', '--disable-background-networking', '--disable-component-update', '--disable-sync'];
const WEBGPU_FLAGS = ['--enable-unsafe-webgpu', '--use-webgpu-adapter=swiftshader'];

const QUIET_PREFS = {
  'datareporting.policy.dataSubmissionEnabled': false,
  'app.update.enabled': false,
  'browser.shell.checkDefaultBrowser': false,
};
const WEBGPU_PREFS = { 'dom.webgpu.enabled': true, 'gfx.webgpu.ignore-blocklist': true };
/** Peer connections between two browsers of one machine, without a camera grant. */
const LOCAL_PEER_PREFS = {
  'media.peerconnection.ice.loopback': true,
  'media.peerconnection.ice.obfuscate_host_addresses': false,
  'media.navigator.permission.disabled': true,
};

/** Launches Chromium. Errors: names the missing binary and the variable that points elsewhere. */
export async function launchChromium(options: ChromiumOptions = {}): Promise<Chromium> {
  const executablePath = firstExisting('TUTTI_CHROMIUM', ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome']);
  const profile = await profileFolder('chromium', options.profileDir);
  const context = await chromium.launchPersistentContext(profile.path, {
    executablePath,
    headless: options.headless ?? true,
    args: [...QUIET_FLAGS, ...(options.webgpu === false ? [] : WEBGPU_FLAGS), ...(options.args ?? [])],
  });
  return {
    context,
    newPage: () => context.newPage(),
    close: async () => {
      await context.close();
      await profile.discard();
    },
  };
}

/** Launches Firefox over WebDriver BiDi. Errors: names the missing binary or driver and the variable that points elsewhere. */
export async function launchFirefox(options: FirefoxOptions = {}): Promise<Firefox> {
  const executablePath = firstExisting('TUTTI_FIREFOX', ['/usr/bin/firefox-esr', '/usr/bin/firefox']);
  const profile = await profileFolder('firefox', options.profileDir);
  const webgpu = options.webgpu !== false;
  const env: Record<string, string | undefined> = { ...process.env, MOZ_HEADLESS: options.headless === false ? undefined : '1' };
  if (webgpu) {
    const driver = firstExisting('TUTTI_LAVAPIPE_ICD', [
      '/usr/share/vulkan/icd.d/lvp_icd.x86_64.json',
      '/usr/share/vulkan/icd.d/lvp_icd.json',
      '/usr/share/vulkan/icd.d/lvp_icd.aarch64.json',
    ]);
    env['VK_DRIVER_FILES'] = driver;
    env['VK_ICD_FILENAMES'] = driver;
  }
  const browser = await puppeteer.launch({
    browser: 'firefox',
    executablePath,
    headless: options.headless ?? true,
    userDataDir: profile.path,
    env,
    extraPrefsFirefox: { ...QUIET_PREFS, ...LOCAL_PEER_PREFS, ...(webgpu ? WEBGPU_PREFS : {}), ...options.prefs },
  });
  return {
    browser,
    newPage: () => browser.newPage(),
    close: async () => {
      await browser.close();
      await profile.discard();
    },
  };
}

function firstExisting(variable: string, candidates: readonly string[]): string {
  const named = process.env[variable];
  const found = (named ? [named] : candidates).find((path) => existsSync(path));
  if (!found) throw new Error(`not found: ${named ?? candidates.join(', ')}. Install it, or set ${variable} to its path.`);
  return found;
}

async function profileFolder(name: string, given: string | undefined) {
  if (given !== undefined) return { path: given, discard: async () => {} };
  const path = await mkdtemp(join(tmpdir(), `tutti-${name}-`));
  // A browser may still be writing its last files when its process is already reported closed.
  return { path, discard: () => rm(path, { recursive: true, force: true, maxRetries: 5, retryDelay: 200 }) };
}
