/**
 * `npm run court:mutants` (`-- --only Point --only Docket`: those that say so): plants small faults in a copy of the court, one at a time, and runs its Forge tests on each.
 * A mutant is caught when a test fails; one that is not, or does not compile, ends this with exit code 1.
 */
import { spawnSync } from 'node:child_process';
import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { foundryTool } from './foundryTool.ts';
import { readOptions } from './readOptions.ts';

const ROOT = join(import.meta.dirname, '..');

interface Mutant {
  readonly file: string;
  /** What it would let pass. */
  readonly fault: string;
  readonly right: string;
  readonly wrong: string;
}

const MUTANTS: readonly Mutant[] = [
  { file: 'Binary32', fault: 'ties round up instead of to even', right: '+ ((value >> shift) & 1)) >> shift', wrong: '+ 1) >> shift' },
  { file: 'Binary32', fault: 'the smaller addend is dropped two places too early', right: 'if (gap > 26) return a;', wrong: 'if (gap > 24) return a;' },
  { file: 'Binary32', fault: 'a quotient forgets that more follows', right: 'quotient := or(quotient, lt(mul(quotient, denominator), numerator))', wrong: '' },
  { file: 'Binary32', fault: 'tiny results are kept', right: 'uint256 private constant LEAST = 0x1000000;', wrong: 'uint256 private constant LEAST = 0x800000;' },
  { file: 'Binary32', fault: 'Inf - Inf is Inf', right: 'return isFinite(b) || a == b ? a : NAN;', wrong: 'return a;' },
  { file: 'Binary32', fault: 'a mac operand of exactly 2^-51 becomes 0', right: 'if (magnitude < 0x26000000) return 0;', wrong: 'if (magnitude <= 0x26000000) return 0;' },
  { file: 'ScalarBody', fault: 'select with its branches swapped', right: 'return a != 0 ? b : c;', wrong: 'return a != 0 ? c : b;' },
  { file: 'ScalarBody', fault: 'shifts by more than 31', right: '(a << (b & 31)) & WORD', wrong: '(a << b) & WORD' },
  { file: 'Point', fault: 'a negative quotient is truncated, not floored', right: 'return rest < 0 ? index / divisor - 1 : index / divisor;', wrong: 'return index / divisor;' },
  { file: 'Point', fault: 'an inexact division is inside', right: 'if (OperationBytes.u8(from + 9) == 1) return -1;', wrong: '' },
  {
    file: 'Point',
    fault: 'a gathered index one past the end is in range',
    right: 'if (index < 0 || uint256(index) >= size) place.kind = OUT_OF_RANGE;',
    wrong: 'if (index < 0 || uint256(index) > size) place.kind = OUT_OF_RANGE;',
  },
  { file: 'Point', fault: 'values are not made canonical', right: 'dtype == DTypes.F32 ? Binary32.canon(word) : word', wrong: 'word' },
  { file: 'PrefixMachine', fault: 'the block of a mac is one term late', right: 'if (j % Profiles.F12_BLOCK != Profiles.F12_BLOCK - 1', wrong: 'if (j % Profiles.F12_BLOCK != 0' },
  {
    file: 'PrefixMachine',
    fault: 'the last of equals wins an argmax',
    right: 'return a == Binary32.NAN || Binary32.isLess(b, a);',
    wrong: 'return a == Binary32.NAN || !Binary32.isLess(a, b);',
  },
  { file: 'PrefixMachine', fault: 'a NaN is forgotten by the first block', right: 'if (total == Binary32.NAN) return total;', wrong: '' },
  {
    file: 'PrefixMachine',
    fault: 'a sum does not carry its last, short block',
    right: 'if (level == next.length - 1 || (place != Profiles.SUM_BLOCK - 1 && item != last)) return;',
    wrong: 'if (level == next.length - 1 || place != Profiles.SUM_BLOCK - 1) return;',
  },
  { file: 'PrefixMachine', fault: 'mantissas of an e-block are truncated', right: '(uint256(1) << (shift - 1)) - 1 + ((whole >> shift) & 1)', wrong: '0' },
  { file: 'TensorPiece', fault: 'a word beyond the tensor is opened', right: 'if (element >= elements || !isPiece', wrong: 'if (!isPiece' },
  {
    file: 'TensorPiece',
    fault: 'a piece is of any place',
    right: 'if (element >= elements || !isPiece(root, elements, element / PIECE_WORDS, piece, path)) revert WrongPiece(element);',
    wrong: '',
  },
  { file: 'Evidence', fault: 'an operation reads its own output', right: 'fact.place < limit', wrong: 'fact.place <= limit' },
  { file: 'Docket', fault: 'the fact of another tensor passes', right: '_require(root, job, 1 + k, leaf, path);', wrong: '' },
  {
    file: 'InputRule',
    fault: 'three rounds of the permutation instead of four',
    right: 'for (uint256 shift = 224; shift < 256; shift -= 64)',
    wrong: 'for (uint256 shift = 160; shift < 256; shift -= 64)',
  },
  {
    file: 'InputRule',
    fault: 'any row of the dataset passes',
    right: '\n                || !Merkle.verify(job.datasetRoot, node, chunk, (job.rows + perChunk - 1) / perChunk, shown.chunkPath)',
    wrong: '',
  },
  { file: 'Game', fault: 'silence wins', right: '_end(id, it, GameTable.TIMEOUT, row.isDefenders, "");', wrong: '_end(id, it, GameTable.TIMEOUT, !row.isDefenders, "");' },
  { file: 'Game', fault: 'a clock runs out before its time', right: 'if (used <= left) revert TimeIsLeft(id, left - used);', wrong: '' },
  { file: 'GameBase', fault: "the winner's bond stays locked", right: 'vault.unlock(it.challenger, challengers);', wrong: '' },
  { file: 'GameBase', fault: 'strangers move', right: 'if (mover != side && vault.delegateOf(side) != mover) revert NotYourMove(mover);', wrong: '' },
  {
    file: 'GameBase',
    fault: 'the fee of the loser goes to the loser',
    right: 'vault.forfeit(it.defender, it.challenger, defenders / 2',
    wrong: 'vault.forfeit(it.defender, it.defender, defenders / 2',
  },
  { file: 'Game', fault: 'a clock runs out one second early', right: 'if (used <= left) revert', wrong: 'if (used < left) revert' },
  {
    file: 'Game',
    fault: 'anybody calls games off',
    right: 'if (msg.sender != opener) revert NotTheOpener(msg.sender);\n        GameState storage it = gameAt[id];\n        if (it.since',
    wrong: 'GameState storage it = gameAt[id];\n        if (it.since',
  },
  { file: 'Game', fault: 'a game that is over is called off', right: 'if (it.phase == GameTable.OVER) return;', wrong: '' },
  { file: 'Game', fault: "the challenger's bond stays locked in a moot game", right: 'vault.unlock(it.challenger, _bondAt(it.bondWei, it.challengerDepth));', wrong: '' },
  { file: 'Game', fault: 'a step beyond the segment is opened', right: '_require(step < steps, "step");', wrong: '' },
  { file: 'Game', fault: 'a walk begins anywhere', right: '_require(height == top && index == 0, "begin at the root");', wrong: '' },
  { file: 'GameBase', fault: 'a move after the clock', right: 'if (used > (row.isDefenders ? it.defenderLeft : it.challengerLeft)) revert TimeIsUp(id);', wrong: '' },
  { file: 'GameBase', fault: "the challenger's clock is not charged", right: 'it.challengerLeft -= uint32(used);', wrong: '' },
  { file: 'GameBase', fault: 'a deeper bond is locked in full again', right: '_bondAt(bondWei, depth) - _bondAt(bondWei, before)', wrong: '_bondAt(bondWei, depth)' },
  { file: 'GameBase', fault: 'nothing that was lost is burned', right: 'defenders / 2, defenders - defenders / 2', wrong: 'defenders, 0' },
  { file: 'GameFaults', fault: 'right padding is a fault', right: '_end(id, it, GameTable.NAME_WORD, value != right,', wrong: '_end(id, it, GameTable.NAME_WORD, true,' },
  { file: 'NodeWalk', fault: 'a node is folded one level short', right: 'for (uint256 k; k < levels; ++k) {', wrong: 'for (uint256 k = 1; k < levels; ++k) {' },
  { file: 'NodeWalk', fault: 'eight children at a time', right: 'LEVELS = 4;', wrong: 'LEVELS = 3;' },
  { file: 'GameTable', fault: 'openStep needs no bond', right: '03040002000410', wrong: '03040000000410' },
];

const say = (text: string) => void process.stdout.write(`${text}\n`);

/** A project with the contracts and their tests alone: games are tested with stakes and jobs around them. */
function copyProject(): string {
  const folder = mkdtempSync(join(tmpdir(), 'tutti-mutants-'));
  for (const path of ['foundry.toml', 'contracts/src', 'contracts/test']) {
    cpSync(join(ROOT, path), join(folder, path), { recursive: true });
  }
  for (const path of ['node_modules', 'scripts', 'vectors']) symlinkSync(join(ROOT, path), join(folder, path));
  return folder;
}

type Verdict = 'caught' | 'survived' | 'does not compile';

function judge(folder: string): { verdict: Verdict; by: string } {
  const { stdout, stderr, status } = spawnSync(foundryTool('forge'), ['test', '--json', '--fail-fast', '--root', folder], { encoding: 'utf8', maxBuffer: 2 ** 28 });
  const report = stdout.split('\n').find((line) => line.startsWith('{'));
  if (!report) return { verdict: 'does not compile', by: `${stdout}${stderr}`.slice(-500) };
  const suites = Object.values(JSON.parse(report) as Record<string, { test_results: Record<string, { status: string }> }>);
  const failed = suites.flatMap(({ test_results: tests }) => Object.entries(tests).flatMap(([name, test]) => (test.status === 'Success' ? [] : [name])));
  return { verdict: status === 0 ? 'survived' : 'caught', by: failed[0]?.split('(')[0] ?? '' };
}

const mutants = readOptions('npm run court:mutants -- [--only TEXT]...', () => {
  const { only } = parseArgs({ options: { only: { type: 'string', multiple: true } } }).values;
  const chosen = MUTANTS.filter(({ file, fault }) => only?.some((text) => `${file}: ${fault}`.includes(text)) ?? true);
  if (chosen.length === 0) throw new Error(`--only ${only?.join(' --only ')}: no mutant says so. They begin with ${[...new Set(MUTANTS.map(({ file }) => file))].join(', ')}`);
  return chosen;
});
const folder = copyProject();
try {
  const clean = judge(folder);
  if (clean.verdict !== 'survived') throw new Error(`the court's own tests fail without a mutant: ${clean.by}`);
  let missed = 0;
  for (const { file, fault, right, wrong } of mutants) {
    const path = join(folder, 'contracts', 'src', 'court', `${file}.sol`);
    const source = readFileSync(path, 'utf8');
    if (source.split(right).length < 2) throw new Error(`${file}.sol has no "${right}": bring this mutant up to date`);
    writeFileSync(path, source.replace(right, wrong));
    const { verdict, by } = judge(folder);
    writeFileSync(path, source);
    if (verdict !== 'caught') missed++;
    say(`${verdict.padEnd(10)} ${file}: ${fault}${by ? ` (${by})` : ''}`);
  }
  say(`${mutants.length - missed} of ${mutants.length} mutants caught`);
  process.exitCode = missed === 0 ? 0 : 1;
} finally {
  rmSync(folder, { recursive: true, force: true });
}
