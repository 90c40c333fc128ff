/** What lies in a data directory. */
export const dataFiles = {
  genesis: 'genesis.json',
  keys: 'keys.json',
  /** Which API keys were issued and revoked. */
  apiKeys: 'api-keys.json',
  /** Only while a node runs. */
  node: 'node.json',
  chain: 'chain',
  /** Model files that it publishes, or fetched, by their hashes. */
  models: 'models',
  /** Only until the chain of a new network is there. */
  beginning: 'beginning',
  lock: 'lock.pid',
  log: 'node.log',
  /** What a node of a network of several machines is. */
  config: 'config.json',
  /** The key that owns a miner, until its operator moves it away. */
  ownerKeys: 'owner-keys.json',
  /** CometBFT's own home. */
  cometbft: 'cometbft',
} as const;
