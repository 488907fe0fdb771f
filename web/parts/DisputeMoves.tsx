/** Every transaction of a dispute in words, with its gas and time; opened, its calls with every argument. */
import type { CallPart, DecodedCall, DisputeMove, DisputeTransaction, DisputeView } from '#swarm/protocol/disputeView.ts';
import { bytes, count, short } from './format.ts';
import { hex } from './words.ts';

type Said = DisputeMove['said'];
const one = (value: unknown) => count(Number(value) + 1);
const LISTS = ['steps', 'the first state', 'the state after', 'inputs', 'results', "the tensor's pieces", 'partial sums'];

const WORDS: Readonly<Record<string, (said: Said) => string>> = {
  chooseSegment: (said) => `The fault is in piece ${one(said['segment'])} of the round`,
  askCheckpoint: (said) => `Show checkpoint ${said['asked']}`,
  revealCheckpoint: (said) => `This is checkpoint ${said['checkpoint']}`,
  openSegment: () => 'These are both ends of the piece, and the root over its steps',
  openStep: (said) => `Before step ${one(said['step'])} of the round we agree, after it we do not`,
  faultStart: () => 'The round began with a wrong state',
  claimStep: (said) => (said['poison'] ? 'The step ended in a value that is not finite; here it is' : 'These are the roots over all that the step read and computed'),
  faultHeader: () => 'The header of the state after the step is wrong',
  faultState: (said) => `State tensor ${said['leaf']} after the step is not what the step computed`,
  faultPoison: () => 'The step holds a value that is not finite, or an index out of range',
  nameInput: (said) => `Input ${one(said['place'])} is wrong`,
  nameOperation: (said) => `Operation ${one(said['place'])} is the first that is wrong`,
  nameWord: (said) => `Its element ${one(said['element'])} is wrong: ${hex(Number(said['claimed']))}`,
  commitPrefixes: () => 'This is the root over all partial sums of that element',
  openTerm: (said) => `Until term ${one(said['term'])} of the sum we agree, after it we do not`,
  demand: (said) => `Show what is below node ${said['index']} at height ${said['height']} of ${LISTS[Number(said['list'])] ?? 'the list'}`,
  answer: () => 'This is what stands there',
  claimDelta: (said) =>
    said['poison']
      ? 'The round ended in poison, so its delta is the one that changes nothing'
      : 'These are the roots over what the delta was made of, and over how it was rounded to int8',
  faultInput: (said) => `Input ${one(said['leaf'])} of that is not the tensor that it should be`,
  timeout: () => 'The other side has let its time run out',
};
const SIDES = { challenger: 'Challenger', defender: 'Solver', anyone: 'Anyone' } as const;

export function DisputeMoves({ view }: { readonly view: DisputeView }) {
  return (
    <ol class="moves">
      {view.transactions.map((transaction, k) => (
        <Transaction key={transaction.hash} transaction={transaction} view={view} opens={k === 0} />
      ))}
    </ol>
  );
}

function Transaction({ transaction, view, opens }: { readonly transaction: DisputeTransaction; readonly view: DisputeView; readonly opens: boolean }) {
  const { hash, block, time, gas, requests, calldataBytes, calls, sender } = transaction;
  const moves = view.moves.filter((move) => move.transaction === hash);
  const date = new Date(time * 1000);
  return (
    <li class={moves[0]?.by ?? ''}>
      <p class="said">
        {opens ? (
          <>
            <strong>Challenger</strong>: Slot {view.slot + 1} did round {view.round + 1} wrong.
          </>
        ) : null}
        {moves.map(({ name, by, said }, k) => (
          <span key={`${name}${k}`}>
            {k === 0 || by !== moves[k - 1]?.by ? <strong>{SIDES[by]}: </strong> : ' '}
            {WORDS[name]?.(said) ?? name}.
          </span>
        ))}
      </p>
      <p class="faint meta">
        <time dateTime={date.toISOString()}>{date.toLocaleTimeString()}</time>, {time - view.openedAt} s after the beginning, {count(gas)} gas
        {requests > 1 ? ` shared by ${requests} requests` : ''}
      </p>
      <details>
        <summary>Transaction {short(hash)}, decoded</summary>
        <p class="faint">
          <code>{hash}</code> in block {block}, sent by <code>{sender}</code>, {bytes(calldataBytes)} of call data
        </p>
        {calls.length ? calls.map((call, k) => <Call key={`${call.function}${k}`} call={call} />) : <p>It came by a contract that this page cannot read.</p>}
      </details>
    </li>
  );
}

function Call({ call }: { readonly call: DecodedCall }) {
  return (
    <div class="call">
      <code>{call.function}</code>
      <Parts parts={call.parts} />
    </div>
  );
}

function Parts({ parts }: { readonly parts: readonly CallPart[] }) {
  return (
    <ul>
      {parts.map(({ name, type, value }) => (
        <li key={name}>
          {typeof value === 'string' ? (
            <>
              <span class="faint">{`${name} ${type}`}</span> <code>{value}</code>
            </>
          ) : value.length === 0 ? (
            <>
              <span class="faint">{`${name} ${type}`}</span> <code>[]</code>
            </>
          ) : (
            <details>
              <summary>{`${name} ${type === 'tuple' ? '' : type}`.trim()}</summary>
              <Parts parts={value} />
            </details>
          )}
        </li>
      ))}
    </ul>
  );
}
