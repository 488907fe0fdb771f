import type { BodyOp } from '#engine/program/program.ts';
import type { LoopBuilder } from '../graph/loopBuilder.ts';
import type { TfDtype, Value } from '../graph/node.ts';
import { elementwise } from './broadcast.ts';
import { acos, acosh, asin, asinh, atan, atan2, atanh } from './inverseFunctions.ts';
import type { KernelCall, Lowering } from './lowering.ts';
import { inputOf } from './lowering.ts';

type Unary = (loop: LoopBuilder, x: number, attrs: Readonly<Record<string, number>>) => number;
type Binary = (loop: LoopBuilder, a: number, b: number) => number;

// The constants of tf.selu.
const SELU_SCALE_ALPHA = 1.7580993408473768;
const SELU_SCALE = 1.0507009873554805;

const one =
  (op: BodyOp): Unary =>
  (loop, x) =>
    loop.op(op, x);
const two =
  (op: BodyOp): Binary =>
  (loop, a, b) =>
    loop.op(op, a, b);

function isNonNegative(loop: LoopBuilder, x: number): number {
  return loop.op('fle', loop.f32(0), x);
}

/** f32 to f32. The definitions are those of tfjs's CPU kernels. */
const FLOAT_UNARY: Readonly<Record<string, Unary>> = {
  Abs: one('abs'),
  Neg: one('neg'),
  Exp: one('exp'),
  Expm1: one('expm1'),
  Log: one('log'),
  Log1p: one('log1p'),
  Sqrt: one('sqrt'),
  Rsqrt: one('rsqrt'),
  Sigmoid: one('sigmoid'),
  Tanh: one('tanh'),
  Softplus: one('softplus'),
  Erf: one('erf'),
  Sin: one('sin'),
  Cos: one('cos'),
  Asin: asin,
  Acos: acos,
  Atan: atan,
  Asinh: asinh,
  Acosh: acosh,
  Atanh: atanh,
  Floor: one('floor'),
  Round: one('round'),
  Square: (loop, x) => loop.op('mul', x, x),
  Reciprocal: (loop, x) => loop.op('div', loop.f32(1), x),
  Ceil: (loop, x) => loop.op('neg', loop.op('floor', loop.op('neg', x))),
  Relu: (loop, x) => loop.op('max', x, loop.f32(0)),
  Relu6: (loop, x) => loop.op('min', loop.op('max', x, loop.f32(0)), loop.f32(6)),
  Elu: (loop, x) => loop.op('select', isNonNegative(loop, x), x, loop.op('expm1', x)),
  Selu: (loop, x) => loop.op('select', isNonNegative(loop, x), loop.op('mul', loop.f32(SELU_SCALE), x), loop.op('mul', loop.f32(SELU_SCALE_ALPHA), loop.op('expm1', x))),
  LeakyRelu: (loop, x, { alpha = 0.2 }) => loop.op('select', loop.op('flt', x, loop.f32(0)), loop.op('mul', loop.f32(alpha), x), x),
  ClipByValue: (loop, x, { clipValueMin = 0, clipValueMax = 0 }) => loop.op('min', loop.op('max', x, loop.f32(clipValueMin)), loop.f32(clipValueMax)),
  Step: (loop, x, { alpha = 0 }) => loop.op('select', loop.op('feq', x, x), loop.op('select', loop.op('flt', loop.f32(0), x), loop.f32(1), loop.f32(alpha)), x),
  Sign: (loop, x) => loop.op('sub', loop.op('i2f', loop.op('flt', loop.f32(0), x)), loop.op('i2f', loop.op('flt', x, loop.f32(0)))),
  Sinh: (loop, x) => loop.op('mul', loop.f32(0.5), loop.op('sub', loop.op('exp', x), loop.op('exp', loop.op('neg', x)))),
  Cosh: (loop, x) => loop.op('mul', loop.f32(0.5), loop.op('add', loop.op('exp', x), loop.op('exp', loop.op('neg', x)))),
  Tan: (loop, x) => loop.op('div', loop.op('sin', x), loop.op('cos', x)),
};

/** An integer cut to [low, high]. */
function between(loop: LoopBuilder, x: number, low: number, high?: number): number {
  const least = loop.op('select', loop.op('ilt', x, loop.i32(low)), loop.i32(low), x);
  return high === undefined ? least : loop.op('select', loop.op('ilt', loop.i32(high), least), loop.i32(high), least);
}

function wholeLimit(limit: number): number {
  if (!Number.isSafeInteger(limit)) throw new Error(`integers are clipped to whole numbers, not to ${limit}: cast to float32 first`);
  return Math.max(-(2 ** 31), Math.min(2 ** 31 - 1, limit));
}

const INTEGER_UNARY: Readonly<Record<string, Unary>> = {
  Abs: (loop, x) => loop.op('select', loop.op('ilt', x, loop.i32(0)), loop.op('isub', loop.i32(0), x), x),
  Neg: (loop, x) => loop.op('isub', loop.i32(0), x),
  Square: (loop, x) => loop.op('imul', x, x),
  Relu: (loop, x) => between(loop, x, 0),
  Relu6: (loop, x) => between(loop, x, 0, 6),
  ClipByValue: (loop, x, { clipValueMin = 0, clipValueMax = 0 }) => between(loop, x, wholeLimit(clipValueMin), wholeLimit(clipValueMax)),
  Step: (loop, x, { alpha = 0 }) => loop.op('select', loop.op('ilt', loop.i32(0), x), loop.i32(1), loop.i32(Math.trunc(alpha))),
  Floor: (_, x) => x,
  Ceil: (_, x) => x,
  Round: (_, x) => x,
  Sign: (loop, x) => loop.op('isub', loop.op('ilt', loop.i32(0), x), loop.op('ilt', x, loop.i32(0))),
};

const FLOAT_TESTS: Readonly<Record<string, Unary>> = {
  IsNan: (loop, x) => loop.op('ieq', loop.op('feq', x, x), loop.i32(0)),
  IsInf: (loop, x) => loop.op('feq', loop.op('abs', x), loop.f32(Number.POSITIVE_INFINITY)),
  IsFinite: (loop, x) => loop.op('flt', loop.op('abs', x), loop.f32(Number.POSITIVE_INFINITY)),
};

function power(loop: LoopBuilder, base: number, exponent: number): number {
  const instruction = loop.lines.list[exponent];
  if (instruction?.op === 'const') {
    if (instruction.bits === 0x3f800000) return base;
    if (instruction.bits === 0x40000000) return loop.op('mul', base, base);
    if (instruction.bits === 0x40400000) return loop.op('mul', loop.op('mul', base, base), base);
    if (instruction.bits === 0x3f000000) return loop.op('sqrt', base);
  }
  return loop.op('pow', base, exponent);
}

function floorMod(loop: LoopBuilder, a: number, b: number): number {
  return loop.op('sub', a, loop.op('mul', b, loop.op('floor', loop.op('div', a, b))));
}

const FLOAT_BINARY: Readonly<Record<string, Binary>> = {
  Add: two('add'),
  Sub: two('sub'),
  Multiply: two('mul'),
  RealDiv: two('div'),
  FloorDiv: (loop, a, b) => loop.op('floor', loop.op('div', a, b)),
  Mod: floorMod,
  Maximum: two('max'),
  Minimum: two('min'),
  Pow: power,
  Atan2: atan2,
  SquaredDifference: (loop, a, b) => {
    const difference = loop.op('sub', a, b);
    return loop.op('mul', difference, difference);
  },
  Prelu: (loop, x, alpha) => loop.op('select', loop.op('flt', x, loop.f32(0)), loop.op('mul', alpha, x), x),
  EluGrad: (loop, dy, y) => loop.op('select', isNonNegative(loop, y), dy, loop.op('mul', dy, loop.op('add', y, loop.f32(1)))),
};

/** `value`, but 0 where the divisor `b` is: what tfjs's integer arrays make of infinity and NaN. */
function zeroWhereDividedByZero(loop: LoopBuilder, b: number, value: number): number {
  const divisor = loop.lines.list[b];
  if (divisor?.op === 'const' && divisor.bits !== 0) return value;
  return loop.op('select', loop.op('ieq', b, loop.i32(0)), loop.i32(0), value);
}

/** Exact for magnitudes under 2^23: integers go through f32. */
function integerFloorDivide(loop: LoopBuilder, a: number, b: number): number {
  return zeroWhereDividedByZero(loop, b, loop.op('f2i', loop.op('floor', loop.op('div', loop.op('i2f', a), loop.op('i2f', b)))));
}

const INTEGER_BINARY: Readonly<Record<string, Binary>> = {
  Add: two('iadd'),
  Sub: two('isub'),
  Multiply: two('imul'),
  FloorDiv: integerFloorDivide,
  RealDiv: integerFloorDivide,
  Mod: (loop, a, b) => zeroWhereDividedByZero(loop, b, loop.op('isub', a, loop.op('imul', b, integerFloorDivide(loop, a, b)))),
  Maximum: (loop, a, b) => loop.op('select', loop.op('ilt', a, b), b, a),
  Minimum: (loop, a, b) => loop.op('select', loop.op('ilt', b, a), b, a),
  SquaredDifference: (loop, a, b) => {
    const difference = loop.op('isub', a, b);
    return loop.op('imul', difference, difference);
  },
};

/** Comparisons and logic: [on f32, on integers]. */
const TESTS: Readonly<Record<string, readonly [Binary, Binary]>> = {
  Equal: [two('feq'), two('ieq')],
  NotEqual: [(loop, a, b) => loop.op('ixor', loop.op('feq', a, b), loop.i32(1)), (loop, a, b) => loop.op('ixor', loop.op('ieq', a, b), loop.i32(1))],
  Less: [two('flt'), two('ilt')],
  LessEqual: [two('fle'), two('ile')],
  Greater: [(loop, a, b) => loop.op('flt', b, a), (loop, a, b) => loop.op('ilt', b, a)],
  GreaterEqual: [(loop, a, b) => loop.op('fle', b, a), (loop, a, b) => loop.op('ile', b, a)],
  LogicalAnd: [two('iand'), two('iand')],
  LogicalOr: [two('ior'), two('ior')],
  LogicalXor: [two('ixor'), two('ixor')],
};

/** Words for people where the kernel's name is not one. */
const WORDS: Readonly<Record<string, string>> = {
  RealDiv: 'division',
  Multiply: 'product',
  Sub: 'difference',
  Add: 'sum of two',
  ClipByValue: 'clip',
  SquaredDifference: 'squared difference',
  EluGrad: 'slope of elu',
};

function wordsFor(kernel: string): string {
  return WORDS[kernel] ?? kernel.replace(/([a-z])([A-Z])/g, '$1 $2').toLowerCase();
}

function unary(kernel: string): Lowering {
  return (call) => {
    const x = inputOf(call, 'x');
    const body = x.dtype === 'float32' ? FLOAT_UNARY[kernel] : INTEGER_UNARY[kernel];
    if (!body) throw new Error(`${kernel} of ${x.dtype} has no exact lowering: cast to float32 first`);
    const alpha = call.attrs ?? {};
    return elementwise(call.graph, wordsFor(kernel), x.dtype, [x], (loop, line) => body(loop, line, alpha));
  };
}

function binary(kernel: string, names: readonly [string, string] = ['a', 'b']): Lowering {
  return (call) => {
    const a = inputOf(call, names[0]);
    const b = inputOf(call, names[1]);
    const isFloat = a.dtype === 'float32' || b.dtype === 'float32';
    const body = isFloat ? FLOAT_BINARY[kernel] : INTEGER_BINARY[kernel];
    if (!body) throw new Error(`${kernel} of ${a.dtype} has no exact lowering: cast to float32 first`);
    const dtype: TfDtype = isFloat ? 'float32' : 'int32';
    return elementwise(call.graph, wordsFor(kernel), dtype, [a, b], (loop, left, right) =>
      isFloat ? body(loop, loop.toFloat(left, a.dtype), loop.toFloat(right, b.dtype)) : body(loop, left, right),
    );
  };
}

function test(kernel: string, [onFloats, onIntegers]: readonly [Binary, Binary]): Lowering {
  return (call) => {
    const a = inputOf(call, 'a');
    const b = inputOf(call, 'b');
    const isFloat = a.dtype === 'float32' || b.dtype === 'float32';
    return elementwise(call.graph, wordsFor(kernel), 'bool', [a, b], (loop, left, right) =>
      isFloat ? onFloats(loop, loop.toFloat(left, a.dtype), loop.toFloat(right, b.dtype)) : onIntegers(loop, left, right),
    );
  };
}

function floatTest(kernel: string, body: Unary): Lowering {
  return (call) => {
    const x = inputOf(call, 'x');
    if (x.dtype !== 'float32') return call.graph.uniform('bool', kernel === 'IsFinite' ? 1 : 0, x.shape);
    return elementwise(call.graph, wordsFor(kernel), 'bool', [x], (loop, line) => body(loop, line, {}));
  };
}

const logicalNot: Lowering = (call) => elementwise(call.graph, 'not', 'bool', [inputOf(call, 'x')], (loop, x) => loop.op('ieq', x, loop.i32(0)));

const select: Lowering = (call) => {
  const condition = inputOf(call, 'condition');
  const t = inputOf(call, 't');
  const e = inputOf(call, 'e');
  // A vector condition picks rows of t and e.
  const isRowwise = condition.shape.length === 1 && t.shape.length > 1;
  const rows = isRowwise ? call.graph.reshape(condition, [...condition.shape, ...t.shape.slice(1).map(() => 1)]) : condition;
  return elementwise(call.graph, 'select', t.dtype, [rows, t, e], (loop, c, yes, no) => loop.op('select', c, yes, no), t.shape);
};

const addN: Lowering = (call) => {
  const values = Object.values(call.inputs);
  const [first] = values;
  if (!first) throw new Error('AddN needs at least one tensor');
  const op: BodyOp = first.dtype === 'float32' ? 'add' : 'iadd';
  return elementwise(call.graph, 'sum of several', first.dtype, values, (loop, start = 0, ...rest) => rest.reduce((sum, line) => loop.op(op, sum, line), start));
};

/** float32 to int32 truncates; anything to bool asks whether it is not zero. */
export function castValue(call: Pick<KernelCall, 'graph'>, x: Value, dtype: TfDtype): Value {
  if (x.dtype === dtype) return x;
  if (x.dtype === 'bool' && dtype === 'int32') return { ...x, dtype };
  return elementwise(call.graph, `cast to ${dtype}`, dtype, [x], (loop, line) => {
    if (dtype === 'float32') return loop.op('i2f', line);
    if (dtype === 'int32') return loop.op('f2i', line);
    const isZero = x.dtype === 'float32' ? loop.op('feq', line, loop.f32(0)) : loop.op('ieq', line, loop.i32(0));
    return loop.op('ixor', isZero, loop.i32(1));
  });
}

export const ELEMENTWISE: Readonly<Record<string, Lowering>> = {
  ...Object.fromEntries(Object.keys(FLOAT_UNARY).map((kernel) => [kernel, unary(kernel)])),
  ...Object.fromEntries(Object.keys(FLOAT_BINARY).map((kernel) => [kernel, binary(kernel)])),
  ...Object.fromEntries(Object.entries(TESTS).map(([kernel, bodies]) => [kernel, test(kernel, bodies)])),
  ...Object.fromEntries(Object.entries(FLOAT_TESTS).map(([kernel, body]) => [kernel, floatTest(kernel, body)])),
  Prelu: binary('Prelu', ['x', 'alpha']),
  EluGrad: binary('EluGrad', ['dy', 'y']),
  LogicalNot: logicalNot,
  Select: select,
  AddN: addN,
  Cast: (call) => castValue(call, inputOf(call, 'x'), call.attrs.dtype),
};
