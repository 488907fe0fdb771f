/** Proves that invocations meet between a store to workgroup memory and a load from it, and the other way round: else a race decides. */
import type { Expression } from './parseExpression.ts';
import type { Statement, WgslFunction } from './parseWgsl.ts';

/** What has been done since the last barrier. */
type Since = 'nothing' | 'stored' | 'loaded';

/** Names of variables in which there may be a race. `shared`: those in workgroup memory. */
export function lintBarriers({ statements }: WgslFunction, shared: ReadonlySet<string>): string[] {
  const races = new Set<string>();
  let since: Since = 'nothing';
  const touch = (name: string, now: Since) => {
    if (since !== 'nothing' && since !== now) races.add(name);
    since = now;
  };
  const isShared = (value: Expression): value is Extract<Expression, { kind: 'index' }> & { readonly base: { readonly kind: 'name'; readonly name: string } } =>
    value.kind === 'index' && value.base.kind === 'name' && shared.has(value.base.name);
  const read = (value: Expression): void => {
    if (value.kind === 'call' && value.name === 'workgroupBarrier') since = 'nothing';
    if (isShared(value)) touch(value.base.name, 'loaded');
    partsOf(value).forEach(read);
  };
  const walk = (statement: Statement): void => {
    switch (statement.kind) {
      case 'inside':
        statement.tests.forEach(read);
        // What is inside may be done again.
        statement.statements.forEach(walk);
        statement.statements.forEach(walk);
        return;
      case 'assign':
        if (statement.value) read(statement.value);
        if (!isShared(statement.target)) return read(statement.target);
        read(statement.target.at);
        return touch(statement.target.base.name, 'stored');
      default:
        if (statement.value) read(statement.value);
    }
  };
  statements.forEach(walk);
  return [...races];
}

function partsOf(value: Expression): readonly Expression[] {
  switch (value.kind) {
    case 'call':
      return value.args;
    case 'index':
      return [value.base, value.at];
    case 'member':
      return [value.base];
    case 'unary':
      return [value.of];
    case 'binary':
      return [value.left, value.right];
    default:
      return [];
  }
}
