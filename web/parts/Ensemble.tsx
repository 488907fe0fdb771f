/** The picture of the front page: tabs around one model, each sending what it learned; one of them looks another's work over. */

const CENTRE = [210, 130] as const;
/** Top left corners of the tabs, 76 x 54, and the heights of the steps that each shows. */
const TABS: readonly { readonly at: readonly [number, number]; readonly steps: readonly number[] }[] = [
  { at: [12, 12], steps: [26, 18, 13, 9] },
  { at: [332, 12], steps: [24, 19, 12, 8] },
  { at: [12, 194], steps: [25, 16, 12, 9] },
  { at: [332, 194], steps: [27, 17, 14, 8] },
];

export function Ensemble() {
  return (
    <svg class="ensemble" viewBox="0 0 420 260" aria-hidden="true" focusable="false">
      {TABS.map(({ at: [x, y] }) => (
        <path key={`${x}${y}`} class="wire" d={`M${x + 38} ${y + 27}L${CENTRE[0]} ${CENTRE[1]}`} />
      ))}
      {TABS.map(({ at: [x, y], steps }) => (
        <g key={`${x}${y}`} transform={`translate(${x} ${y})`}>
          <rect class="sheet" width="76" height="54" rx="8" />
          <path class="sheet-bar" d="M0 13h76" />
          <circle class="dot" cx="9" cy="6.5" r="2" />
          <circle class="dot" cx="16" cy="6.5" r="2" />
          {steps.map((height, k) => (
            <rect key={height} class="step" x={14 + k * 13} y={47 - height} width="8" height={height} rx="2" />
          ))}
        </g>
      ))}
      <circle class="halo" cx={CENTRE[0]} cy={CENTRE[1]} r="50" />
      <g class="net">
        {[104, 130, 156].map((y) => [105, 130, 155].map((to) => <path key={`${y}${to}`} d={`M186 ${y}L234 ${to}`} />))}
        {[104, 130, 156].map((y) => (
          <circle key={y} cx="186" cy={y} r="6" />
        ))}
        {[104, 130, 156].map((y) => (
          <circle key={y} cx="234" cy={y} r="6" />
        ))}
      </g>
      <g class="seal" transform="translate(384 56)">
        <circle r="15" />
        <path d="M-6.5 .5l4.5 4.5 8.5-9.5" />
      </g>
    </svg>
  );
}
