import type { Setting } from '@assay/explain/gov/settings';
import { withSettings } from '@assay/explain/gov/settings';
import type { NetworkFile } from '@assay/node/deploy/network-file';
import type { HostPlace } from '@assay/node/deploy/plan';
import type { RoleCounts } from '@assay/node/devnet/genesis';
import type { Upstream } from '@assay/node/host/backend';
import { toHex } from '@assay/ssz';
import type { Invocation } from '../command.ts';
import { resolveShown } from '../model-progress.ts';

export type NetworkEngine = 'cometbft' | 'embedded';

/** What a network is to be; what is not said is as in the default network. */
export interface NetworkWish {
  readonly dir: string;
  readonly counts: RoleCounts;
  /** Absent: CometBFT where it is. */
  readonly engine?: NetworkEngine | undefined;
  readonly hosts: readonly HostPlace[];
  readonly isSplit: boolean;
  readonly firstPort: number;
  readonly chainId: string;
  readonly hasFaucet: boolean;
  readonly model?: string | undefined;
  readonly upstream: Upstream | null;
  readonly context?: number | undefined;
  readonly threads?: number | undefined;
  readonly preset?: string | undefined;
  readonly settings: readonly Setting[];
  /** Files with noise profiles. */
  readonly profiles: readonly string[];
}

type Surroundings = Pick<Invocation<unknown>, 'home' | 'terminal' | 'environment'>;

const concurrency = 2;

/** Writes a network. Rejects as `writeNetwork`, `resolveModel` and `openBackend` do. */
export async function initNetwork(
  wish: NetworkWish,
  { home, terminal, environment }: Surroundings,
): Promise<{ network: NetworkFile; engine: NetworkEngine }> {
  const note = (text: string) => terminal.note.write(`${text}\n`);
  const { writeNetwork } = await import('@assay/node/deploy/write-network');
  const { passphraseFrom } = await import('@assay/node/keys/keystore');
  const engine = wish.engine ?? (await usualEngine(note));
  const params = await paramsOf(wish);
  const served = await servedBy(wish, { home, terminal, environment });
  note('Making the keys …');
  const { dir, counts, hosts, firstPort, hasFaucet, chainId, isSplit } = wish;
  const network = await writeNetwork({
    dir,
    shape: { counts, engine, hosts, firstPort, hasFaucet },
    chainId,
    ...served,
    concurrency,
    params,
    timeMs: Date.now(),
    passphrase: passphraseFrom(environment),
    isSplit,
  });
  return { network, engine };
}

async function usualEngine(note: (text: string) => void): Promise<NetworkEngine> {
  const { findCometBft } = await import('@assay/node/consensus/cometbft/binary');
  try {
    await findCometBft({ log: note });
    return 'cometbft';
  } catch (error) {
    note(`There is no CometBFT here, so one node makes the blocks. ${(error as Error).message}`);
    return 'embedded';
  }
}

async function paramsOf({ preset, settings }: NetworkWish) {
  const { defaultPreset, presetParams } = await import('@assay/node/presets/presets');
  const { devnetParams } = await import('@assay/node/devnet/genesis');
  return withSettings(presetParams(preset ?? defaultPreset, devnetParams), settings, 'genesis').params;
}

/** The model as it is registered: what the backend itself says of it. */
async function servedBy(wish: NetworkWish, { home, terminal }: Surroundings) {
  const { openBackend } = await import('@assay/node/host/backend');
  const { upstream } = wish;
  const isTextOnly = upstream !== null && wish.model === undefined;
  const file = isTextOnly ? null : await resolveShown(wish.model, { home, terminal });
  const threads = wish.threads ?? null;
  const options = { model: file, upstream, sequences: 1, contextTokens: wish.context ?? null, threads };
  const opened = await openBackend(options, null, (text) => terminal.note.write(`${text}\n`));
  await opened.close();
  const { model } = opened;
  const { profilesOf } = await import('@assay/node/models/catalog');
  const profiles = profilesOf(toHex(model.fileHash), wish.profiles);
  const named = wish.model ?? null;
  if (upstream === null) return { model, profiles, backend: { kind: 'file' as const, model: named, threads } };
  const served = { kind: 'upstream' as const, url: upstream.url, file: named };
  return { model, profiles, backend: { ...served, model: isTextOnly ? model.name : upstream.model } };
}
