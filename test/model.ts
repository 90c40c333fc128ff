import { homedir } from 'node:os';
import { join } from 'node:path';
import { cometForTests } from '@assay/node/consensus/cometbft/net.fixture';
import { resolveModel } from '@assay/node/models/resolve';

/** Has the default model in its cache, and CometBFT built where Go is, before whole networks are tested. */
export async function setup(): Promise<void> {
  const home = process.env['ASSAY_HOME'] ?? join(homedir(), '.assay');
  await resolveModel(undefined, { home, onNotice: (line) => console.log(line) });
  await cometForTests();
}
