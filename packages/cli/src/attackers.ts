import { committee, devnetRoles } from '@assay/node/devnet/genesis';
import type { Attackers } from '@assay/node/devnet/port';
import { CliError } from './failures.ts';

/** Those who attack a network, and how a person is told. */
export interface Announced {
  readonly attackers: Attackers;
  readonly lines: readonly string[];
}

/** Reads `NAME[:SHARE]` for a network of so many miners. Throws CliError that lists the names, or says the range. */
export async function readAttackers(text: string, miners: number): Promise<Announced> {
  const { adversaries, attackersOf } = await import('@assay/sim/adversaries/index');
  const [name, ...rest] = text.split(':');
  const adversary = adversaries.find((each) => each.name === name);
  if (adversary === undefined) {
    const known = adversaries.map((each) => `  ${each.name}: ${each.does}`);
    throw new CliError('usage', [`There is no adversary "${name}". There are:`, ...known].join('\n'));
  }
  const { role, does, loses } = adversary;
  const share = rest.length === 0 ? null : shareOf(rest.join(':'), `${role}s`);
  const { mixers: mixer, oracles: oracle, validators: validator, gateways: gateway } = committee;
  const counts = { miner: miners, mixer, oracle, validator, gateway };
  const attackers = attackersOf(adversary, share, counts[role]);
  const names = devnetRoles(miners)
    .filter(({ kind, index }) => kind === role && attackers.members.includes(index))
    .map((spec) => spec.name);
  const lines = [`${names.join(' and ')} ${names.length > 1 ? 'attack' : 'attacks'} as ${name}. ${does}`, loses];
  return { attackers, lines };
}

function shareOf(text: string, members: string): number {
  const share = /^\d+(\.\d+)?$/.test(text) ? Number(text) : Number.NaN;
  if (share > 0 && share <= 1) return share;
  throw new CliError('usage', `The share of the ${members} that attack is a number above 0, up to 1, not "${text}".`);
}
