/** The one scalar operation at the end of a dispute: what it read, what was claimed of it, and what the court computed. */
import type { DisputeView, Operand, RuledWord, Ruling } from '#swarm/protocol/disputeView.ts';
import { word } from './words.ts';

export function DisputeRuling({ view, ruling }: { readonly view: DisputeView; readonly ruling: Ruling }) {
  switch (ruling.kind) {
    case 'silence':
      return <p>The {ruling.silent === 'defender' ? 'solver' : 'challenger'} let its time run out. Silence loses: nothing had to be computed.</p>;
    case 'poison':
      return <p>The challenger showed a value that is not finite, or an index out of range. The step ends there, which the solver had not said.</p>;
    case 'roots':
      return (
        <>
          <p>{`About ${ruling.what}:`}</p>
          <dl class="hashes">
            <dt>Solver said</dt>
            <dd>
              <code>{ruling.solver}</code>
            </dd>
            <dt>Challenger said</dt>
            <dd>that this is wrong</dd>
            <dt>The court found</dt>
            <dd>
              <code>{ruling.court}</code>
            </dd>
          </dl>
        </>
      );
    case 'words':
      return <Words view={view} ruling={ruling} />;
  }
}

function Words({ view, ruling }: { readonly view: DisputeView; readonly ruling: Extract<Ruling, { kind: 'words' }> }) {
  const { words, factors, operands } = ruling;
  const named = words.find(({ solver, court }) => solver !== court) ?? words.findLast(({ before, court }) => before !== court) ?? words[0];
  const [first] = words;
  const [a, b] = factors;
  return (
    <>
      {named ? <Sentence words={words} ruled={named} /> : null}
      {a !== undefined && b !== undefined ? (
        <p class="sum">
          {words.length === 2 && first && first.before !== null ? `${word(first.before, first.type)} + ` : ''}
          {`${word(a, 'f32')} × ${word(b, 'f32')}`}
          {view.profile ? <span class="faint">{`, the factors first rounded as ${view.profile} wants it`}</span> : null}
        </p>
      ) : a !== undefined ? (
        <p class="sum">{`The term that comes in: ${word(a, words[0]?.type ?? null)}`}</p>
      ) : null}
      {operands.length ? <Operands operands={operands} formula={view.operation?.formula ?? []} /> : null}
      {words.length > 1 ? <Claims words={words} /> : null}
    </>
  );
}

function Sentence({ words, ruled }: { readonly words: readonly RuledWord[]; readonly ruled: RuledWord }) {
  const same = ruled.solver === ruled.court;
  return (
    <dl class="claims">
      <div>
        <dt>Solver said{words.length > 1 ? `, ${ruled.name}` : ''}</dt>
        <dd class={same ? 'good' : 'bad'}>{word(ruled.solver, ruled.type)}</dd>
      </div>
      <div>
        <dt>Challenger said</dt>
        <dd class={same ? 'bad' : 'good'}>that this is wrong</dd>
      </div>
      <div>
        <dt>The court computed</dt>
        <dd class="court">{word(ruled.court, ruled.type)}</dd>
      </div>
    </dl>
  );
}

function Operands({ operands, formula }: { readonly operands: readonly Operand[]; readonly formula: readonly string[] }) {
  return (
    <>
      <p>
        {formula.map((line) => (
          <code key={line} class="formula">
            {line}
          </code>
        ))}
      </p>
      <ul class="plain">
        {operands.map(({ name, from, element, bits, type }) => (
          <li key={name}>
            <code>{name}</code> = {word(bits, type)} <span class="faint">{`${from}, element ${element + 1}`}</span>
          </li>
        ))}
      </ul>
    </>
  );
}

function Claims({ words }: { readonly words: readonly RuledWord[] }) {
  return (
    <div class="scroll" tabIndex={0} role="region" aria-label="Every word of the sum">
      <table class="words">
        <thead>
          <tr>
            <th scope="col">Word</th>
            <th scope="col">Before</th>
            <th scope="col">Solver said</th>
            <th scope="col">The court computed</th>
          </tr>
        </thead>
        <tbody>
          {words.map(({ name, type, before, solver, court }) => (
            <tr key={name} class={solver === court ? '' : 'differs'}>
              <th scope="row">{name}</th>
              <td>{before === null ? '' : word(before, type)}</td>
              <td>{word(solver, type)}</td>
              <td>{word(court, type)}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
