import { committeeOf } from '@assay/ledger';
import { TransactionSender } from '@assay/node/consensus/sender';
import { BlsSigner, Ed25519Signer, generateBlsSecret } from '@assay/node/crypto/signers';
import { names } from '@assay/node/devnet/genesis';
import { addressText, type RoleStatus } from '@assay/protocol';
import type { RoleService } from '@assay/roles/context';
import { DrawTables, Mixer, type MixerOptions } from '@assay/roles/mixer/index';
import { type PresenceOptions, PresentRole } from '@assay/roles/presence';
import { equalBytes, sha256 } from '@assay/ssz';
import { describe, expect, it } from 'vitest';
import type { World } from '../src/world.ts';
import { startWorld } from './start.fixture.ts';

const start = () => startWorld({ miners: 2, params: { epochBlocks: 16 } });

const membersOf = ({ chain }: World) => {
  const state = chain.head();
  return committeeOf(state, state.globals.epoch).map(({ mixer }) => mixer);
};

/** Another mixer of this network, with keys of its own. */
function anotherMixer(net: World, mixer: number, signer: Ed25519Signer, committeeSigner: BlsSigner): RoleService {
  const context = net.contextOf(`another ${mixer}`, signer);
  const sender = new TransactionSender(context);
  const submit: MixerOptions['submit'] = (batch) => sender.send('certifiedBatch', batch, { feeUnits: 0n });
  const report: MixerOptions['report'] = (evidence) => sender.send('evidence', evidence, {});
  const drawTables = new DrawTables(net.chain, context.store);
  const service = new Mixer(context, { mixer, committeeSigner, drawTables, submit, report, maxTasks: 8 });
  const prove: PresenceOptions['submit'] = (value) => sender.send('presence', value, { feeUnits: 0n });
  return new PresentRole(service, context, { kind: 'mixer', role: mixer, submit: prove });
}

describe('mixers that come and go', () => {
  it('leave when an epoch ends, and the session of one that left is served by the others (§7.1)', async () => {
    const net = await start();
    const own = net.keys.account(names.mixer(0));
    const setTo = (status: RoleStatus) => net.send(names.mixer(0), 'setRoleStatus', { kind: 'mixer', role: 0, status });
    await net.send(names.foundation, 'transfer', { to: own.address, amountUnits: 1_000_000_000n });
    expect(net.chain.head().sessions.at(net.session).homeMixer).toBe(0);
    expect(await setTo('paused')).toBe('OK');
    await net.until(() => membersOf(net).length === 3);
    expect(membersOf(net)).toEqual([1, 2, 3]);
    const { taskId } = await net.ask();
    await net.until(() => net.task(taskId) !== null);
    expect([1, 2, 3]).toContain(net.task(taskId)?.row.mixer);
    expect(await setTo('active')).toBe('OK');
    await net.until(() => membersOf(net).length === 4);
    await net.blocks(2);
    const again = await net.ask();
    await net.until(() => net.task(again.taskId) !== null);
    expect(net.task(again.taskId)?.row.mixer).toBe(0);
  });

  it('hand over to a process with other keys when an epoch ends (§3.6)', async () => {
    const net = await start();
    const signer = new Ed25519Signer(sha256(Uint8Array.of(6)));
    const committeeSigner = new BlsSigner(generateBlsSecret(sha256(Uint8Array.of(7))));
    const successor = anotherMixer(net, 3, signer, committeeSigner);
    await successor.start();
    const name = names.mixer(3);
    const { address } = net.keys.account(name);
    await net.send(names.foundation, 'transfer', { to: address, amountUnits: 1_000_000_000n });
    const { publicKey } = signer;
    expect(await net.send(name, 'rotateKey', { kind: 'mixer', role: 3, publicKey })).toBe('OK');
    const possession = committeeSigner.possession();
    const body = { mixer: 3, blsPublicKey: committeeSigner.publicKey, possession };
    expect(await net.send(name, 'rotateCommitteeKey', body)).toBe('OK');
    const row = () => net.chain.head().mixers.at(3);
    await net.until(() => equalBytes(row().publicKey, publicKey));
    const before = row().nextSequence;
    await net.until(() => row().nextSequence > before);
    await successor.stop();
    expect(membersOf(net)).toEqual([0, 1, 2, 3]);
    expect(row().account).toEqual(address);
  });

  it('go on with new keys that the key file has, as validators and miners do (§3.6)', async () => {
    const net = await start();
    const head = () => net.chain.head();
    const owners = { mixer: names.mixer(0), validator: names.validator(0), miner: names.owner(0) } as const;
    const keys = net.makeKeys(Object.keys(owners).map((name) => ({ name, bls: name === 'mixer' })));
    const committeeKey = keys.committee('mixer');
    for (const [kind, name] of Object.entries(owners) as [keyof typeof owners, string][]) {
      await net.send(names.foundation, 'transfer', { to: net.keys.account(name).address, amountUnits: 1_000_000_000n });
      const { publicKey } = keys.account(kind);
      expect(await net.send(name, 'rotateKey', { kind, role: 0, publicKey })).toBe('OK');
    }
    const terms = { mixer: 0, blsPublicKey: committeeKey.publicKey, possession: committeeKey.possession() };
    expect(await net.send(names.mixer(0), 'rotateCommitteeKey', terms)).toBe('OK');
    const fresh = Object.keys(owners).map((name) => addressText(keys.account(name).address));
    const following = () => net.built.roles.list().filter(({ address }) => fresh.includes(address));
    await net.until(() => following().filter(({ running, hasKey }) => running && hasKey).length === 3);
    expect(following().map(({ name }) => name)).toEqual([names.mixer(0), names.miner(0), names.validator(0)]);
    const before = head().mixers.at(0).nextSequence;
    await net.until(() => head().mixers.at(0).nextSequence > before);
    const { taskId } = await net.ask();
    await net.until(() => net.task(taskId)?.row.status === 'approved');
    expect((await net.replay()).height).toBeGreaterThan(16);
  });

  it('join with the next epoch, under a key of their own that another account owns (§3.1, §3.5)', async () => {
    const net = await start();
    const signer = new Ed25519Signer(sha256(Uint8Array.of(4)));
    const committeeSigner = new BlsSigner(generateBlsSecret(sha256(Uint8Array.of(5))));
    const newcomer = anotherMixer(net, 4, signer, committeeSigner);
    await newcomer.start();
    const code = await net.send(names.foundation, 'registerMixer', {
      publicKey: signer.publicKey,
      operator: signer.address,
      stakeUnits: net.chain.head().params.stake.mixerMinUnits,
      blsPublicKey: committeeSigner.publicKey,
      possession: committeeSigner.possession(),
    });
    expect(code).toBe('OK');
    await net.until(() => membersOf(net).length === 5);
    await net.until(() => net.chain.head().mixers.at(4).nextSequence > 0);
    await newcomer.stop();
    const state = net.chain.head();
    expect(state.mixers.at(4).account).toEqual(net.keys.account(names.foundation).address);
    expect(state.balanceOf(signer.address)).toBe(0n);
  });

  it('register and never come: they get no seat, and the network goes on (§7.13)', async () => {
    const net = await start();
    const head = () => net.chain.head();
    for (const byte of [8, 9]) {
      const { publicKey, address: operator } = new Ed25519Signer(sha256(Uint8Array.of(byte)));
      const committeeSigner = new BlsSigner(generateBlsSecret(sha256(Uint8Array.of(byte, byte))));
      const stakeUnits = head().params.stake.mixerMinUnits;
      const terms = { publicKey, operator, stakeUnits, blsPublicKey: committeeSigner.publicKey };
      const body = { ...terms, possession: committeeSigner.possession() };
      expect(await net.send(names.foundation, 'registerMixer', body)).toBe('OK');
    }
    const { epoch } = head().globals;
    await net.until(() => head().globals.epoch === epoch + 2);
    expect(membersOf(net)).toEqual([0, 1, 2, 3]);
    const { taskId } = await net.ask();
    await net.until(() => net.task(taskId) !== null);
    expect(head().mixers.length).toBe(6);
  });

  it('fall silent, half at once: the others certify within two epochs, and these come back (§7.13)', async () => {
    const net = await start();
    const head = () => net.chain.head();
    const silent = [names.mixer(2), names.mixer(3)];
    const set = (running: boolean) => Promise.all(silent.map((name) => net.built.roles.set(name, running)));
    await set(false);
    const { epoch } = head().globals;
    await net.until(() => membersOf(net).length === 2);
    expect(membersOf(net)).toEqual([0, 1]);
    expect(head().globals.epoch).toBeLessThanOrEqual(epoch + 2);
    const { taskId } = await net.ask();
    await net.until(() => net.task(taskId) !== null);
    expect([2, 3].map((mixer) => head().mixers.at(mixer).strikes)).toEqual([1, 1]);
    await set(true);
    await net.until(() => membersOf(net).length === 4);
    const again = await net.ask();
    await net.until(() => net.task(again.taskId) !== null);
  });
});
