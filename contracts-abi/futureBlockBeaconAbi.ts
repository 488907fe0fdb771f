// Generated from contracts/ by contracts-abi/scripts/generateAbi.ts. Do not edit.
export const futureBlockBeaconAbi = [
  {"type":"constructor","inputs":[{"name":"delayBlocks_","type":"uint64"}],"stateMutability":"nonpayable"},
  {"type":"function","name":"delayBlocks","inputs":[],"outputs":[{"name":"","type":"uint64"}],"stateMutability":"view"},
  {"type":"function","name":"lost","inputs":[{"name":"target","type":"uint64"}],"outputs":[{"name":"","type":"bool"}],"stateMutability":"view"},
  {"type":"function","name":"next","inputs":[],"outputs":[{"name":"","type":"uint64"}],"stateMutability":"view"},
  {"type":"function","name":"read","inputs":[{"name":"target","type":"uint64"}],"outputs":[{"name":"known","type":"bool"},{"name":"value","type":"bytes32"}],"stateMutability":"view"},
] as const;
