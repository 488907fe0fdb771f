// Generated from contracts/ by contracts-abi/scripts/generateAbi.ts. Do not edit.
export const courtAbi = [
  {"type":"function","name":"compute","inputs":[{"name":"cases","type":"bytes"}],"outputs":[{"name":"results","type":"bytes"}],"stateMutability":"view"},
  {"type":"function","name":"definitions","inputs":[],"outputs":[{"name":"","type":"address"}],"stateMutability":"view"},
  {"type":"error","name":"UnevenCases","inputs":[{"name":"length","type":"uint256"}]},
  {"type":"error","name":"UnknownInstruction","inputs":[{"name":"code","type":"uint256"}]},
] as const;
