import { formatUnits } from '@assay/client';
import {
  AssayError,
  addressText,
  type BodyKind,
  type BodyValues,
  Hardware,
  infoOf,
  parseAddress,
} from '@assay/protocol';
import { equalBytes } from '@assay/ssz';
import { TransactionSender } from '../consensus/sender.ts';
import type { Ed25519Signer } from '../crypto/signers.ts';
import { ownHardware } from '../hardware.ts';
import { indexOf } from './condition.ts';
import { consensusKeyOf, type NodeConfig } from './config.ts';
import { askFaucet, faucetSentences } from './faucet.ts';
import { type Body, costUnits, engineName, minerRegistration, minerUpdate, roleRegistration } from './registration.ts';
import type { Prepared } from './run-node.ts';

/** How far a node is on its way into a network. */
export interface Step {
  readonly name: 'funds' | 'registered' | 'addresses' | 'engine';
  readonly state: 'waiting' | 'done';
  /** A sentence or two for a person. */
  readonly text: string;
}

type RoleConfig = NodeConfig['roles'][number];
type OnStep = (step: Step) => void;

/** What is paid above the cost of a registration, in fees: some transactions more will follow. */
const moreFees = 100n;
/** Blocks between two looks at the faucets while money is waited for. */
const faucetBlocks = 120;

/**
 * Brings the roles of a node onto the chain, and what it says of them up to date; does nothing for what is there. Waits
 * for money as long as it takes, and says so. Throws AssayError with the code of a refusal.
 */
export async function enrol(parts: Prepared, onStep: OnStep): Promise<void> {
  const roles = numbered(parts.config.roles);
  const isMiner = roles.some(([, { kind }]) => kind === 'miner');
  const hardware = isMiner ? await ownHardware() : Hardware.defaultValue();
  for (const [worker, role] of roles) await enrolRole(parts, role, { worker, hardware, onStep });
}

/** Each role with the number of its worker, which counts miners alone. */
function numbered(roles: readonly RoleConfig[]): [worker: number, role: RoleConfig][] {
  let miners = 0;
  return roles.map((role) => [role.kind === 'miner' ? miners++ : 0, role]);
}

/** What a miner runs on: the number of its worker, and the machine of the node. */
interface Machine {
  readonly worker: number;
  readonly hardware: Hardware;
}

async function enrolRole(
  parts: Prepared,
  role: RoleConfig,
  { worker, hardware, onStep }: Machine & { readonly onStep: OnStep },
): Promise<void> {
  const { chain, keys, serving } = parts;
  const key = keys.named.account(role.key);
  const sender = new TransactionSender({ chain, signer: key, runtime: parts.runtime });
  const send = async ([kind, value]: Body) => {
    const { code, height } = await sender.send<BodyKind>(kind, value as BodyValues[BodyKind]);
    if (code !== 'OK') throw new AssayError(code, `It happened to the ${kind} of ${role.key}. ${cureOf(code)}`);
    return height;
  };
  const known = indexOf(chain.head(), role.kind, key.address);
  if (known === null) {
    const body = registrationOf(parts, role, { worker, hardware });
    await haveFunds(parts, { key, role, body, onStep });
    const height = await send(body);
    const index = indexOf(chain.head(), role.kind, key.address);
    onStep({ name: 'registered', state: 'done', text: `Registered as ${role.kind} ${index} in block ${height}.` });
  } else if (role.kind === 'miner') {
    const served = { worker: serving.workerOf(worker), hardware };
    const update = minerUpdate(chain.head(), known, served);
    if (update !== null) await send(update);
    const text = 'Said on the chain which engine it runs, and on which machine.';
    if (update !== null) onStep({ name: 'engine', state: 'done', text });
  }
  if (role.kind === 'validator') await sayEngine(parts, key, send, onStep);
  await sayAddresses(parts, role, send, onStep);
}

/** §3.12 Says with which engine a validator audits; one that cannot pay for it audits as one that says nothing. */
async function sayEngine(
  { chain, serving }: Prepared,
  { address }: Pick<Ed25519Signer, 'address'>,
  send: (body: Body) => Promise<number>,
  onStep: OnStep,
): Promise<void> {
  const head = chain.head();
  const validator = indexOf(head, 'validator', address);
  const audits = serving.measuring?.engine ?? null;
  const body = validator === null ? null : engineName(head.validators.at(validator), validator, audits);
  if (body === null) return;
  if (head.balanceOf(address) < costUnits(head, body)) {
    const text = `${addressText(address)} cannot pay the fee to say with which engine it audits.`;
    return onStep({ name: 'engine', state: 'waiting', text: `${text} Send it some units, and start the node again.` });
  }
  await send(body);
  onStep({ name: 'engine', state: 'done', text: 'Said with which engine it audits.' });
}

const cureOf = (code: string) => infoOf(code as 'OK').sentence;

function registrationOf(parts: Prepared, role: RoleConfig, { worker, hardware }: Machine): Body {
  const { chain, keys, serving, config } = parts;
  const head = chain.head();
  const key = keys.named.account(role.key);
  if (role.kind !== 'miner') {
    const consensus = consensusKeyOf(role.key);
    const committeeKey = role.kind === 'mixer' ? keys.named.committee(role.key) : null;
    const consensusKey = role.kind === 'validator' ? keys.named.account(consensus) : null;
    return roleRegistration(head, { kind: role.kind, key, committeeKey, consensusKey });
  }
  const { domain, owner } = role;
  const models = [...head.models].flatMap((row, index) => {
    const isServed = row.domain === domain && row.status === 'accepted' && isModel(row, serving.model);
    return isServed ? [index] : [];
  });
  if (models.length === 0) {
    const served = serving.model?.name ?? 'nothing';
    const there = [...head.models].filter((row) => row.domain === domain).map(({ name }) => name);
    const detail = `It serves ${served}; domain ${domain} takes ${there.join(', ') || 'no model yet'}.`;
    throw new AssayError('UNKNOWN_MODEL', detail);
  }
  const owned = owner === null ? key.address : parseAddress(owner);
  if (owned === null) throw new AssayError('CONFIG_UNUSABLE', `"${owner}" is no address of an owner.`);
  const { concurrency } = config;
  return minerRegistration(head, {
    operator: key,
    owner: owned,
    domain,
    models,
    worker: serving.workerOf(worker),
    concurrency,
    hardware,
  });
}

function isModel(row: { readonly name: string; readonly fileHash: Uint8Array }, served: Prepared['serving']['model']) {
  return served !== null && row.name === served.name && equalBytes(row.fileHash, served.fileHash);
}

interface Payment {
  readonly key: Ed25519Signer;
  readonly role: RoleConfig;
  readonly body: Body;
  readonly onStep: OnStep;
}

/** Waits until an account can pay for a registration; asks faucets, where there are any. */
async function haveFunds(parts: Prepared, { key, role, body, onStep }: Payment): Promise<void> {
  const { chain } = parts;
  const needed = () => costUnits(chain.head(), body) + moreFees * chain.head().params.transactionFeeUnits;
  const balance = () => chain.head().balanceOf(key.address);
  const told = () => `${formatUnits(needed())} units are needed for the deposit and fees of ${role.key}`;
  const address = addressText(key.address);
  while (balance() < needed()) {
    const answer = await askFaucets(parts, key.address);
    if (balance() >= needed()) break;
    const has = `${told()}; ${address} holds ${formatUnits(balance())}.`;
    const goOn =
      answer === faucetSentences.paid ? 'Its block is on the way.' : 'Send the rest there; this goes on by itself.';
    onStep({ name: 'funds', state: 'waiting', text: `${has} ${answer} ${goOn}` });
    await funded(parts, () => balance() >= needed());
  }
  onStep({ name: 'funds', state: 'done', text: `${address} holds ${formatUnits(balance())} units; ${told()}.` });
}

/** What the first faucet said that there is. */
async function askFaucets({ endpoint, runtime, config }: Prepared, to: Uint8Array): Promise<string> {
  for (const { peer } of config.peers) {
    const answer = await askFaucet({ endpoint, runtime }, peer, to);
    if (answer !== null) return faucetSentences[answer.result];
  }
  return 'No peer of this network has a faucet.';
}

/** Resolves when the account has enough, or it is time to ask the faucets again. */
function funded({ chain }: Prepared, isEnough: () => boolean): Promise<void> {
  return new Promise((resolve) => {
    let blocks = 0;
    const done = chain.onBlock(() => {
      blocks += 1;
      if (!isEnough() && blocks < faucetBlocks) return;
      done();
      resolve();
    });
  });
}

/** §3.11 Says on the chain where others reach a role, when that is not what the chain has. */
async function sayAddresses(
  { chain, keys }: Prepared,
  role: RoleConfig,
  send: (body: Body) => Promise<number>,
  onStep: OnStep,
): Promise<void> {
  const { kind } = role;
  if (kind !== 'mixer' && kind !== 'gateway') return;
  const told = role.announce.length > 0 ? role.announce : role.listen;
  const index = indexOf(chain.head(), kind, keys.named.account(role.key).address);
  if (index === null || told.length === 0) return;
  const known = chain.head()[`${kind}s`].at(index).netAddresses;
  if (known.length === told.length && known.every((address, i) => address === told[i])) return;
  await send(['setNetAddresses', { kind, role: index, netAddresses: [...told] }]);
  onStep({
    name: 'addresses',
    state: 'done',
    text: `Said on the chain where ${role.key} is reached: ${told.join(', ')}.`,
  });
}
