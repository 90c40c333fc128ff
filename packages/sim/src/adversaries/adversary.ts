import type { Attack, RoleSpec } from '@assay/node/host/build-roles';
import type { InferenceModel } from '@assay/roles/ports/inference';

/** A role that anybody can attack a network in, to see what becomes of it. */
export type Adversary = Named & (WithFile | WithoutFile);

interface Named {
  readonly name: string;
  /** The role it plays. */
  readonly role: RoleSpec['kind'];
  /** One sentence each: what it does, and what that should cost it. */
  readonly does: string;
  readonly loses: string;
  /** Members that attack at least; one when absent. */
  readonly members?: number;
  /** A role whose first member does something for it. */
  readonly accomplice?: RoleSpec['kind'];
}

interface WithFile {
  /** Writes the cheaper model that it serves, from the registered one. */
  readonly cheapen: (source: string, target: string) => Promise<void>;
  /** What takes the place of each member, and of an accomplice; once for a network. */
  readonly attack: (cheap: InferenceModel) => Attack;
}

interface WithoutFile {
  readonly cheapen: null;
  readonly attack: () => Attack;
}

/** An attack by some members of a role; all others do as they should. */
export function byMembers({ role, accomplice }: Adversary, members: readonly number[], attack: Attack): Attack {
  return (member) => {
    const { kind, index } = member.spec;
    const isIn = (kind === role && members.includes(index)) || (kind === accomplice && index === 0);
    return isIn ? attack(member) : member.make(member.equipment);
  };
}
