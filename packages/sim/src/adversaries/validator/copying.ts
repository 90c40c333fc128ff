import type { Member } from '@assay/node/host/build-roles';
import { type Block, type BodyKind, type BodyValues, type Opening, Transaction } from '@assay/protocol';
import type { Chain } from '@assay/roles/ports/chain';
import { toHex } from '@assay/ssz';
import type { Adversary } from '../adversary.ts';
import { measuring, passed } from './measuring.ts';

/** How long it waits for somebody whom it can copy. */
const patienceBlocks = 8;

export const copyingValidator: Adversary = {
  name: 'copying-validator',
  role: 'validator',
  does: 'It checks nothing: it commits to what another auditor committed to, and reveals what that one revealed.',
  loses: 'A commitment holds for one account: nothing that it copied opens, and each audit is a strike and unpaid.',
  cheapen: null,
  attack: () => (member) => {
    const { chain } = member.equipment.context;
    const { index } = member.spec;
    const heard = new Map<string, Opening>();
    chain.onBlock(({ block }) => {
      for (const opening of openingsIn(block)) heard.set(toHex(opening.taskId), opening);
    });
    const otherOf = (taskId: Uint8Array) => {
      const head = chain.head();
      const slots = head.audits.get(head.auditOf(taskId) ?? -1)?.auditors ?? [];
      return slots.find(({ validator, state }) => validator !== index && state !== 'drawn' && state !== 'missed');
    };
    const waits: Member['equipment']['measure'] = async (audit) => {
      await until(chain, patienceBlocks, () => otherOf(audit.task.taskId) !== undefined);
      return passed(audit);
    };
    const copied = <Kind extends BodyKind>(kind: Kind, value: BodyValues[Kind]): BodyValues[Kind] => {
      if (kind === 'auditCommit') {
        const { items } = value as BodyValues['auditCommit'];
        const commitments = items.map((item) => ({
          ...item,
          commitment: otherOf(item.taskId)?.commitment ?? item.commitment,
        }));
        return { ...value, items: commitments };
      }
      if (kind !== 'auditReveal') return value;
      const { items } = value as BodyValues['auditReveal'];
      return { ...value, items: items.map((item) => heard.get(toHex(item.taskId)) ?? item) };
    };
    const { sender } = member.equipment;
    const equipment = {
      ...member.equipment,
      sender: {
        send: <Kind extends BodyKind>(
          kind: Kind,
          value: BodyValues[Kind],
          options?: Parameters<typeof sender.send>[2],
        ) => sender.send(kind, copied(kind, value), options),
      },
    };
    return measuring(() => waits)({ ...member, equipment });
  },
};

function openingsIn({ transactions }: Block): Opening[] {
  return transactions.flatMap((raw) => {
    const { body } = Transaction.deserialize(raw).content;
    return body.kind === 'auditReveal' ? body.value.items : [];
  });
}

/** Resolves when `holds`, or after so many blocks. */
function until(chain: Chain, blocks: number, holds: () => boolean): Promise<void> {
  let left = blocks;
  return new Promise((resolve) => {
    const done = chain.onBlock(() => {
      if (!holds() && --left > 0) return;
      done();
      resolve();
    });
  });
}
