import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';

/** Path of `anvil` or `forge` for this machine. Errors: what to do where npm has none for it. */
export function foundryTool(tool: 'anvil' | 'forge'): string {
  const variable = `${tool.toUpperCase()}_BIN`;
  const given = process.env[variable];
  if (given) {
    if (!existsSync(given)) throw new Error(`${variable} is ${given}, which is not there`);
    return given;
  }
  const platform = `${process.platform}-${process.arch === 'x64' ? 'amd64' : process.arch}`;
  const file = process.platform === 'win32' ? `${tool}.exe` : tool;
  try {
    const path = join(dirname(createRequire(import.meta.url).resolve(`@foundry-rs/${tool}-${platform}/package.json`)), 'bin', file);
    if (existsSync(path)) return path;
  } catch {
    // Told below, with what to do.
  }
  throw new Error(
    `there is no ${tool} for ${platform} among the installed packages. Install Foundry (getfoundry.sh) and set ${variable} to the path of ${tool}, or point TUTTI_RPC_URL at a chain of your own`,
  );
}
