/** Which room may import which: only rooms above it in this list (docs/ARCHITECTURE.md). */
const ROOMS = [
  'engine/program',
  'engine/numerics',
  'engine/kernels',
  'engine/capture',
  'swarm/protocol',
  'swarm/rounds',
  'swarm/training',
  'swarm/dispute',
  'swarm/network',
  'swarm/chain',
  'swarm/peer',
  'relay',
  'web',
];
const PLATFORM_FREE = ['engine/program', 'engine/numerics', 'swarm/protocol', 'swarm/rounds', 'swarm/dispute'];
/** Tests may use what their room may not. */
const TESTS = '\\.test\\.tsx?$|/testing/|\\.fixture\\.ts$|/scripts/';
const inside = (rooms) => `^(${rooms.join('|')})/`;
const room = (name) => `^${name}/`;

module.exports = {
  forbidden: [
    ...ROOMS.map((name, place) => ({
      name: `${name.replace('/', '-')}-looks-up-only`,
      comment: `${name} imports only rooms above it`,
      severity: 'error',
      from: { path: room(name), pathNot: TESTS },
      to: { path: inside([...ROOMS.slice(place + 1), 'e2e', 'scripts', 'bench', 'sim']) },
    })),
    {
      name: 'relay-cannot-judge',
      comment: 'the relay never imports the engine',
      severity: 'error',
      from: { path: room('relay'), pathNot: TESTS },
      to: { path: room('engine'), reachable: true },
    },
    { name: 'engine-knows-no-swarm', severity: 'error', from: { path: room('engine') }, to: { path: inside(['swarm', 'relay', 'web', 'contracts-abi']) } },
    { name: 'platform-free', comment: 'pure rooms know no Node', severity: 'error', from: { path: inside(PLATFORM_FREE), pathNot: TESTS }, to: { dependencyTypes: ['core'] } },
    {
      name: 'transport-in-network',
      comment: 'only swarm/network and the relay touch a transport',
      severity: 'error',
      from: { path: inside(['engine', 'swarm', 'web']), pathNot: `${TESTS}|^swarm/network/` },
      to: { path: 'node_modules/(@libp2p|libp2p|@multiformats)/' },
    },
    {
      name: 'tfjs-in-capture',
      comment: 'only engine/capture authors with tfjs; the web app tries trained models with it',
      severity: 'error',
      from: { path: inside(['engine', 'swarm', 'relay']), pathNot: `${TESTS}|^engine/capture/` },
      to: { path: 'node_modules/@tensorflow/' },
    },
    { name: 'no-cycles', severity: 'error', from: {}, to: { circular: true, viaOnly: { dependencyTypesNot: ['type-only'] } } },
    { name: 'resolvable', severity: 'error', from: { pathNot: TESTS }, to: { couldNotResolve: true, pathNot: '\\?' } },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    exclude: { path: '^(dist|\\.cache|\\.tsbuild|contracts/out)/' },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.base.json' },
    enhancedResolveOptions: { exportsFields: ['exports'], conditionNames: ['import', 'node', 'default', 'types'], extensions: ['.ts', '.tsx', '.js', '.mjs', '.json'] },
  },
};
