// Generated from contracts/ by contracts-abi/scripts/generateAbi.ts. Do not edit.
export const faucetAbi = [
  {"type":"constructor","inputs":[{"name":"forwarder","type":"address"},{"name":"token_","type":"address"},{"name":"portionWei_","type":"uint256"},{"name":"capWei_","type":"uint256"},{"name":"gasPortionWei_","type":"uint256"}],"stateMutability":"payable"},
  {"type":"receive","stateMutability":"payable"},
  {"type":"function","name":"capWei","inputs":[],"outputs":[{"name":"","type":"uint256"}],"stateMutability":"view"},
  {"type":"function","name":"drip","inputs":[],"outputs":[],"stateMutability":"nonpayable"},
  {"type":"function","name":"gasPortionWei","inputs":[],"outputs":[{"name":"","type":"uint256"}],"stateMutability":"view"},
  {"type":"function","name":"givenWei","inputs":[{"name":"account","type":"address"}],"outputs":[{"name":"","type":"uint256"}],"stateMutability":"view"},
  {"type":"function","name":"isTrustedForwarder","inputs":[{"name":"forwarder","type":"address"}],"outputs":[{"name":"","type":"bool"}],"stateMutability":"view"},
  {"type":"function","name":"portionWei","inputs":[],"outputs":[{"name":"","type":"uint256"}],"stateMutability":"view"},
  {"type":"function","name":"token","inputs":[],"outputs":[{"name":"","type":"address"}],"stateMutability":"view"},
  {"type":"function","name":"trustedForwarder","inputs":[],"outputs":[{"name":"","type":"address"}],"stateMutability":"view"},
  {"type":"event","name":"Given","inputs":[{"name":"account","type":"address","indexed":true},{"name":"amountWei","type":"uint256","indexed":false},{"name":"gasWei","type":"uint256","indexed":false}],"anonymous":false},
  {"type":"error","name":"FaucetCapReached","inputs":[{"name":"account","type":"address"},{"name":"capWei","type":"uint256"}]},
  {"type":"error","name":"FaucetEmpty","inputs":[{"name":"leftWei","type":"uint256"}]},
] as const;
