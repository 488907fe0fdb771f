/**
 * Proves over emitted WGSL what makes it exact (DESIGN section 5): a float becomes bits only through `fence`; between
 * two fences there is one float operation, or a mac's chain of exact products; what leaves a fence is flushed; floats are
 * scalars that functions hold, never in memory; workgroup memory is not raced for; no builtin whose result WGSL leaves
 * open, no float division or comparison. What is exempt is held to the letter (provenWgsl.ts).
 */
import { lintBarriers } from './lintBarriers.ts';
import { type Finding, FunctionLint } from './lintFunction.ts';
import { parseWgsl, type WgslDeclaration } from './parseWgsl.ts';
import { isHeldToTheLetter, isToTheLetter } from './provenWgsl.ts';
import { WgslTypes } from './wgslTypes.ts';

export type { Finding } from './lintFunction.ts';

/** Errors: SyntaxError, for text that the generator does not write. */
export function lintWgsl(code: string): Finding[] {
  const module = parseWgsl(code);
  const { declarations, functions } = module;
  const findings: Finding[] = [];
  const shader = { byName: new Map(functions.map((one) => [one.name, one])), types: new WgslTypes(module), findings };
  const shared = new Set(declarations.flatMap((one) => (one.kind === 'variable' && one.space === 'workgroup' ? [one.name] : [])));
  for (const one of [...declarations, ...functions]) {
    if (isHeldToTheLetter(one.name) && !isToTheLetter(one)) findings.push({ rule: 'not as proven', where: one.text });
  }
  for (const one of declarations) {
    if (one.kind === 'constant') new FunctionLint({ ...one, parameters: [], result: null, statements: [{ kind: 'evaluate', value: one.value }] }, shader).run();
    if (typesOf(one, shader.types).some((type) => shader.types.hasFloats(type))) findings.push({ rule: 'float in memory', where: one.text });
  }
  for (const one of functions) {
    if (!isHeldToTheLetter(one.name)) new FunctionLint(one, shader).run();
    for (const race of lintBarriers(one, shared)) findings.push({ rule: 'missing barrier', where: `${one.name}: ${race}` });
  }
  return findings;
}

function typesOf(one: WgslDeclaration, types: WgslTypes): readonly string[] {
  if (one.kind === 'constant') return [types.typeOf(one.value, () => undefined) ?? 'unknown'];
  return one.kind === 'struct' ? one.fields.map(({ type }) => type) : [one.type];
}
