import { join } from 'node:path';
import { genesisHash } from '@assay/ledger';
import { encodeText, equalBytes, type Genesis, sha256, toHex } from '@assay/protocol';
import { describe, expect, it } from 'vitest';
import { EmbeddedEngine } from '../src/consensus/embedded.ts';
import type { Chain } from '../src/consensus/port.ts';
import { useNativeHasher } from '../src/crypto/hasher.ts';
import { apiKeyOf } from '../src/crypto/signers.ts';
import { buildRoles } from '../src/devnet/build-roles.ts';
import { devnetGenesis, keyNames, names, sessionDepositUnits } from '../src/devnet/genesis.ts';
import { settle } from '../src/devnet/settle.ts';
import { KeyRing } from '../src/keys/keyring.ts';
import { type Keystore, openKeystore } from '../src/keys/keystore.ts';
import { MemoryNetwork } from '../src/network/memory.ts';
import type { ApiKey, Gateway } from '../src/roles/gateway/index.ts';
import { modelWorker } from '../src/roles/miner/index.ts';
import type { RoleStore } from '../src/roles/ports/store.ts';
import { SimulatedRuntime } from '../src/runtime/simulated.ts';
import { newDirectory } from '../src/store/directory.fixture.ts';
import { openStore } from '../src/store/store.ts';
import { SimulatedModel } from './simulated/model.ts';
import { engineInfo, fileHash } from './simulated/network.ts';

const miners = 4;
const model = { name: 'simulated', fileHash, contextTokens: 4096, t1ThresholdPpb: 40_000_000 };

/** The engine of a chain that begins with the runtime, which makes a block whenever one is due. */
async function engineIn(runtime: SimulatedRuntime, ring: KeyRing, genesis: Genesis) {
  const store = await openStore({ dir: await newDirectory(), genesisHash: genesisHash(genesis) });
  const engine = await EmbeddedEngine.open({
    ...{ store, genesis, runtime },
    signerOf: (publicKey) => ring.account(publicKey),
    onFatal: (error) => {
      throw error;
    },
  });
  const { chain } = engine;
  const roots: string[] = [];
  chain.onBlock(({ root }) => roots.push(toHex(root)));
  const makeBlocks = () => {
    runtime.timer(genesis.params.blockTimeMs, () => {
      makeBlocks();
      void runtime.hold(engine.produceNow());
    });
  };
  const held: Chain = {
    identity: chain.identity,
    head: () => chain.head(),
    stateRoot: () => chain.stateRoot(),
    check: (transaction) => runtime.hold(chain.check(transaction)),
    prove: (table, indexOf) => runtime.hold(chain.prove(table, indexOf)),
    submit: (transaction) => {
      const inclusion = chain.submit(transaction);
      // Its signature is checked on another thread.
      void runtime.hold(engine.admitted());
      return inclusion;
    },
    onBlock: (listener) => chain.onBlock(listener),
    blockAt: (height) => chain.blockAt(height),
  };
  const roleStore = (name: string): RoleStore => {
    const memory = store.roleStore(name);
    return {
      get: (key) => memory.get(key),
      put: (key, value, expiryHeight) => memory.put(key, value, expiryHeight),
      delete: (key) => memory.delete(key),
      entries: (prefix) => memory.entries(prefix),
      flushed: () => runtime.hold(memory.flushed()),
    };
  };
  return { chain: held, makeBlocks, store: { roleStore }, roots, close: () => engine.stop().then(() => store.close()) };
}

/** Users who come at random times, each with a prompt of its own; what became of each. */
function trafficOf(runtime: SimulatedRuntime, gateway: Gateway, apiKey: string): string[] {
  const outcomes: string[] = [];
  const ask = async (content: string) => {
    const request = {
      ...{ model: model.name, messages: [{ role: 'user' as const, content }], maxTokens: 12, stop: [] },
      ...{ temperatureMicro: 1_000_000, topPMicro: 1_000_000, seed: null, topLogprobs: null },
    };
    const { taskId, events } = await gateway.ask(apiKey, request, new AbortController().signal);
    let text = '';
    for await (const event of events) if (event.type === 'tokens') text += event.text;
    outcomes.push(`${content}: ${taskId} ${text} at ${runtime.monotonicMs()}`);
  };
  const come = (count: number) => {
    runtime.timer(runtime.random('users').int(400), () => {
      come(count + 1);
      ask(String(count)).catch((error: Error) => outcomes.push(`${count}: ${error.message}`));
    });
  };
  come(0);
  return outcomes;
}

/** A network of production roles, engine and store for some seconds of simulated time; a mixer stops on the way. */
async function live(seed: number, keys: Keystore) {
  const lines: string[] = [];
  const runtime = new SimulatedRuntime({ seed, log: (line) => lines.push(`${runtime.monotonicMs()} ${line}`) });
  const ring = new KeyRing(keys, async () => keys);
  const plain = devnetGenesis(keys, { model, miners, timeMs: runtime.nowMs() });
  const { chain, makeBlocks, store, roots, close } = await engineIn(runtime, ring, plain);
  const honest = new SimulatedModel('registered', () => runtime.sleep(5));
  const serving = {
    ...{ model, evidenceLevel: 2 as const, workerOf: () => modelWorker(honest, engineInfo) },
    measuring: { engine: engineInfo, open: async (hash: Uint8Array) => (equalBytes(hash, fileHash) ? honest : null) },
    requireRegistered: () => {},
    close: async () => {},
  };
  const apiKeys: ApiKey[] = [];
  const network = new MemoryNetwork(runtime);
  const { roles, gateway } = buildRoles({
    ...{ chain, keys: ring, store, serving, network, miners, runtime, apiKeys, plantsOneIn: 4 },
  });
  await roles.startAll();
  makeBlocks();
  const terms = { evidenceLevel: 2, engineOf: () => engineInfo, depositUnits: sessionDepositUnits };
  const session = await runtime.until(settle({ chain, keys, runtime, miners, ...terms }));
  const sessionSigner = keys.account(names.session);
  const apiKey = apiKeyOf(sessionSigner, session);
  apiKeys.push({ hash: sha256(encodeText(apiKey)), session, sessionSigner });
  const outcomes = trafficOf(runtime, gateway, apiKey);
  await runtime.pass(3000);
  await roles.set(names.mixer(1), false);
  await runtime.pass(2000);
  await close();
  return { roots, outcomes, lines };
}

describe('production roles in simulated time', () => {
  it('do the same again from the same seed, to the bit, and other things from another', async () => {
    useNativeHasher();
    const keys = await openKeystore(join(await newDirectory(), 'keys.json'), 'test', keyNames(miners));
    const first = await live(1, keys);
    expect(first.outcomes.filter((outcome) => outcome.includes('0x')).length).toBeGreaterThan(10);
    expect(await live(1, keys)).toEqual(first);
    const other = await live(2, keys);
    expect(other.outcomes).not.toEqual(first.outcomes);
  });
});
