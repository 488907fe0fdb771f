/** An injected wallet (EIP-1193) through post, lend and pay; what it refuses is said; and the tab's own key leaves and comes back by hand. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Page } from 'playwright';
import { numberToHex } from 'viem';
import { generatePrivateKey, privateKeyToAccount } from 'viem/accounts';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startTutti, type Tutti } from '../../scripts/startTutti.ts';
import { type Chromium, launchChromium } from '../browsers.ts';
import { fileOf, saveModel, tableCsv, tableModel } from './ownFiles.ts';

let folder: string;
let tutti: Tutti;
const browsers: Chromium[] = [];

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tutti-wallet-'));
  tutti = await startTutti({ dataDir: folder, port: 0, timing: { windowSeconds: 4, answerSeconds: 30, challengeSeconds: 60, withdrawSeconds: 2, payoutSeconds: 2 } });
}, 120_000);

afterAll(async () => {
  for (const browser of browsers) await browser.close().catch(() => undefined);
  await tutti?.stop();
  await rm(folder, { recursive: true, force: true });
}, 60_000);

/** What a person decides in the wallet's own window. */
interface Wallet {
  readonly address: string;
  chainId: number;
  refuses: 'nothing' | 'signatures' | 'chains' | 'accounts';
  signed: number;
}

class WalletError extends Error {
  readonly code: number;
  constructor(code: number, message: string) {
    super(message);
    this.code = code;
  }
}

/** A wallet extension: it signs with a key that the page never sees, and forwards everything else to the chain. */
async function plantWallet(page: Page): Promise<Wallet> {
  const account = privateKeyToAccount(generatePrivateKey());
  const wallet: Wallet = { address: account.address, chainId: 1, refuses: 'nothing', signed: 0 };
  const answer = async (method: string, params: readonly unknown[]): Promise<unknown> => {
    switch (method) {
      case 'eth_requestAccounts':
        if (wallet.refuses === 'accounts') throw new WalletError(4001, 'User rejected the request.');
        return [account.address];
      case 'eth_accounts':
        return [account.address];
      case 'eth_chainId':
        return numberToHex(wallet.chainId);
      case 'wallet_switchEthereumChain':
        if (wallet.refuses === 'chains') throw new WalletError(4001, 'User rejected the request.');
        wallet.chainId = Number((params[0] as { chainId: string }).chainId);
        return null;
      case 'eth_signTypedData_v4': {
        if (wallet.refuses === 'signatures') throw new WalletError(4001, 'User denied message signature.');
        const typed = JSON.parse(params[1] as string) as Parameters<typeof account.signTypedData>[0];
        if (Number((typed.domain as { chainId?: unknown }).chainId) !== wallet.chainId) throw new WalletError(-32603, 'Provided chainId must match the active chainId');
        wallet.signed++;
        return account.signTypedData(typed);
      }
      default: {
        const response = await fetch(tutti.rpcUrl, {
          method: 'POST',
          headers: { 'content-type': 'application/json' },
          body: JSON.stringify({ jsonrpc: '2.0', id: 1, method, params }),
        });
        const { result, error } = (await response.json()) as { result?: unknown; error?: { code: number; message: string } };
        if (error) throw new WalletError(error.code, error.message);
        return result;
      }
    }
  };
  await page.exposeFunction('askWallet', (method: string, params: readonly unknown[]) =>
    answer(method, params).then(
      (result) => ({ result }),
      (error: unknown) => ({ error: { code: error instanceof WalletError ? error.code : -32603, message: error instanceof Error ? error.message : String(error) } }),
    ),
  );
  await page.addInitScript(() => {
    const ask = (globalThis as unknown as { askWallet(method: string, params: unknown): Promise<{ result?: unknown; error?: { code: number; message: string } }> }).askWallet;
    Object.assign(globalThis, {
      ethereum: {
        request: async ({ method, params }: { method: string; params?: unknown }) => {
          const { result, error } = await ask(method, params ?? []);
          if (error) throw Object.assign(new Error(error.message), { code: error.code });
          return result;
        },
        on: () => undefined,
        removeListener: () => undefined,
      },
    });
  });
  return wallet;
}

async function openPage(): Promise<{ page: Page; wallet: Wallet }> {
  const browser = await launchChromium();
  browsers.push(browser);
  const page = await browser.newPage();
  const wallet = await plantWallet(page);
  await page.goto(`${tutti.url}/#/account`);
  await page.getByRole('heading', { name: 'Account', exact: true }).waitFor({ timeout: 90_000 });
  return { page, wallet };
}

const press = (page: Page, name: string) => page.getByRole('button', { name, exact: true }).click();
const said = (page: Page) => page.getByRole('status').last();
const shownAddress = (page: Page) => page.locator('.address code').textContent();

async function connect(page: Page, wallet: Wallet): Promise<void> {
  await press(page, 'Connect wallet');
  await page.getByText('The wallet is connected.').waitFor({ timeout: 90_000 });
  expect(await shownAddress(page)).toBe(wallet.address);
}

describe('a wallet', () => {
  test('connects, posts, lends, is paid; is still there after a reload; says what it refused', { timeout: 240_000 }, async () => {
    const { page: requestor, wallet: purse } = await openPage();
    purse.refuses = 'accounts';
    await press(requestor, 'Connect wallet');
    await expect.poll(() => said(requestor).textContent(), { timeout: 30_000 }).toMatch(/You did not let this page use the wallet/);
    purse.refuses = 'chains';
    await press(requestor, 'Connect wallet');
    await expect.poll(() => said(requestor).textContent(), { timeout: 30_000 }).toMatch(/The wallet is on another chain.*chain id 31888.*\/api\/rpc/);
    purse.refuses = 'nothing';
    await connect(requestor, purse);
    await press(requestor, 'Get test TUT');
    await requestor.getByText('Test TUT are on this account.').waitFor({ timeout: 90_000 });

    const model = await saveModel(tableModel());
    await requestor.getByRole('link', { name: 'Post a job' }).first().click();
    await requestor.getByRole('radio', { name: 'Your own model' }).check();
    for (const [name, value] of [
      [/^Slots/, '1'],
      [/^Rounds/, '1'],
      [/^Steps a round/, '2'],
      [/^Checkpoint every/, '2'],
      [/^Batch/, '8'],
      [/^Checked share/, '0'],
    ] as const)
      await requestor.getByRole('spinbutton', { name }).fill(value);
    await requestor.getByRole('button', { name: 'model.json' }).setInputFiles(model.json);
    await requestor.getByRole('button', { name: 'CSV file' }).setInputFiles(fileOf('pets.csv', tableCsv(), 'text/csv'));
    await requestor.getByLabel('Column to predict').fill('kind');
    await press(requestor, 'Check and estimate');
    await requestor.getByRole('button', { name: 'Post this job' }).waitFor({ timeout: 90_000 });
    purse.refuses = 'signatures';
    await press(requestor, 'Post this job');
    await expect.poll(() => requestor.getByRole('alert').textContent(), { timeout: 90_000 }).toMatch(/you refused it in the wallet/);
    purse.refuses = 'nothing';
    // The person has looked at another chain meanwhile: the page asks to come back.
    purse.chainId = 10;
    await press(requestor, 'Post this job');
    await requestor.waitForURL(/#\/job\/1$/, { timeout: 90_000 });
    expect(purse.chainId).toBe(31888);

    const { page: solver, wallet } = await openPage();
    await connect(solver, wallet);
    await solver.getByRole('link', { name: 'Lend this tab' }).first().click();
    await solver.getByLabel("Check others' work").setChecked(false);
    await press(solver, 'Start lending');
    await requestor.getByText('Finished after 1 rounds.').waitFor({ timeout: 120_000 });
    await solver.getByRole('link', { name: 'Account' }).click();
    await solver.reload();
    await solver.getByRole('heading', { name: 'Account', exact: true }).waitFor();
    expect(await shownAddress(solver)).toBe(wallet.address);
    await expect.poll(() => solver.getByRole('button', { name: 'Claim', exact: true }).isEnabled(), { timeout: 90_000 }).toBe(true);
    await press(solver, 'Claim');
    await solver.getByText('Claimed: it is in your balance.').waitFor({ timeout: 90_000 });
    expect(await solver.locator('dl.figures').textContent()).toContain('earned by training2 TUT');
    expect(wallet.signed).toBeGreaterThan(2);
  });

  test('the key of a tab is exported, and restored in another browser', async () => {
    const { page: first } = await openPage();
    await press(first, 'Export key');
    const key = (await first.locator('.secret code').textContent()) ?? '';
    const address = await shownAddress(first);
    const { page: second } = await openPage();
    expect(await shownAddress(second)).not.toBe(address);
    await second.getByLabel('A key from before').fill('not a key');
    await press(second, 'Restore key');
    await expect.poll(() => said(second).textContent(), { timeout: 30_000 }).toMatch(/not a Tutti key.*Your present key is unchanged/);
    await second.getByLabel('A key from before').fill(key);
    await press(second, 'Restore key');
    await expect.poll(() => shownAddress(second), { timeout: 90_000 }).toBe(address);
    await press(second, 'Export key');
    expect(await second.locator('.secret code').textContent()).toBe(key);
    await second.reload();
    await second.getByRole('heading', { name: 'Account', exact: true }).waitFor();
    expect(await shownAddress(second)).toBe(address);
  });
});
