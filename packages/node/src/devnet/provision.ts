import { AssayError, type BodyValues, type Hardware, type SessionRow } from '@assay/protocol';
import type { Chain } from '@assay/roles/ports/chain';
import type { Runtime } from '@assay/roles/ports/runtime';
import { equalBytes } from '@assay/ssz';
import { TransactionSender } from '../consensus/sender.ts';
import { type Body, minerRegistration, minerUpdate, type Served } from '../host/registration.ts';
import type { Keystore } from '../keys/keystore.ts';
import { collateralUnits, concurrency, maxTaskUnits, minerFundsUnits, names } from './genesis.ts';

export interface Provision {
  readonly chain: Chain;
  readonly keys: Pick<Keystore, 'account'>;
  readonly runtime: Pick<Runtime, 'sleep'>;
  readonly miners: number;
  workerOf(miner: number): Served;
  /** The machine of all of them. */
  readonly hardware: Hardware;
  /** What the payer's session should hold. */
  readonly depositUnits: bigint;
}

/** Blocks until the default session ends: about five years of half seconds. */
const sessionBlocks = 300_000_000;

/** What a user would do by hand: registers the miners that are not registered, opens or tops up the payer's session. */
export async function provision(needs: Provision): Promise<number> {
  const registered = Promise.all(Array.from({ length: needs.miners }, (_, i) => register(needs, i)));
  const [session] = await Promise.all([openSession(needs), registered]);
  await nextBlock(needs.chain);
  return session;
}

/** By then the last registered miner can be drawn, and the mixers have heard of each other. */
function nextBlock(chain: Chain): Promise<void> {
  return new Promise((resolve) => {
    const done = chain.onBlock(() => {
      done();
      resolve();
    });
  });
}

type Sending = Pick<Provision, 'chain' | 'keys' | 'runtime'>;

async function send({ chain, keys, runtime }: Sending, account: string, [kind, value]: Body): Promise<void> {
  const sender = new TransactionSender({ chain, signer: keys.account(account), runtime });
  const { code } = await sender.send(kind, value);
  if (code !== 'OK') throw new AssayError(code, `It happened to a ${kind} of ${account}.`);
}

async function register(needs: Provision, index: number): Promise<void> {
  const { chain, keys, hardware } = needs;
  const operator = keys.account(names.miner(index));
  const worker = needs.workerOf(index);
  const known = chain.head().minerOf(operator.address);
  if (known !== undefined) {
    const update = minerUpdate(chain.head(), known, { worker, hardware });
    return update === null ? undefined : send(needs, names.miner(index), update);
  }
  if (chain.head().balanceOf(operator.address) < collateralUnits) {
    await send(needs, names.foundation, ['transfer', { to: operator.address, amountUnits: minerFundsUnits }]);
  }
  const owner = keys.account(names.owner(index)).address;
  const plan = { operator, owner, domain: 0, models: [0], worker, concurrency, hardware };
  await send(needs, names.miner(index), minerRegistration(chain.head(), plan));
}

async function openSession(needs: Provision): Promise<number> {
  const { chain, keys, depositUnits } = needs;
  const sessionKey = keys.account(names.session).publicKey;
  const ours = () =>
    [...chain.head().sessions].findIndex((row) => isPlain(row) && equalBytes(row.sessionKey, sessionKey));
  const known = ours();
  if (known !== -1) {
    const missingUnits = depositUnits - chain.head().sessions.at(known).escrowUnits;
    if (missingUnits > depositUnits / 2n) {
      await send(needs, names.payer, ['topUpSession', { session: known, amountUnits: missingUnits }]);
    }
    return known;
  }
  const { height } = chain.head().globals;
  const session = plainSession({ sessionKey, homeMixer: 0, depositUnits, height });
  await send(needs, names.payer, ['openSession', session]);
  return ours();
}

/** The session by which the foundation tests new miners (§4.12.1). */
export async function provideTests(needs: Sending): Promise<number> {
  const { chain, keys } = needs;
  const sessionKey = keys.account(names.session).publicKey;
  const ours = () =>
    [...chain.head().sessions].findIndex(
      ({ status, isBackground, sessionKey: key }) => status === 'open' && isBackground && equalBytes(key, sessionKey),
    );
  const known = ours();
  if (known !== -1) return known;
  const { height } = chain.head().globals;
  const plain = plainSession({ sessionKey, homeMixer: 0, depositUnits: 0n, height });
  await send(needs, names.foundation, ['openSession', { ...plain, isBackground: true }]);
  return ours();
}

/** A session of one answer a prompt, for users, by any miner of the first model; `height` is that of the chain. */
export function plainSession({
  height,
  ...own
}: Pick<BodyValues['openSession'], 'sessionKey' | 'homeMixer' | 'depositUnits'> & { readonly height: number }) {
  return {
    ...own,
    domain: 0,
    model: 0,
    redundancy: 1,
    isBackground: false,
    dedicatedMiners: [],
    // All of such a network is one operator's: its prompts go nowhere.
    sharesPrompts: true,
    maxTaskUnits,
    expiryHeight: height + sessionBlocks,
  };
}

/** Open, and like the one that is opened here: the same key may spend others too. */
function isPlain({ status, redundancy, isBackground, sharesPrompts, dedicatedMiners }: SessionRow): boolean {
  const isForAll = !isBackground && sharesPrompts && dedicatedMiners.length === 0;
  return status === 'open' && redundancy === 1 && isForAll;
}
