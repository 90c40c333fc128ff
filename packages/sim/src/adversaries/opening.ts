import type { Member } from '@assay/node/host/build-roles';
import type { Endpoint } from '@assay/roles/ports/network';
import { joining } from './joining.ts';

type Open = Endpoint['open'];

/** A role that opens streams to others in another way than it should. */
export function opening(member: Member, openOf: (honest: Open) => Open) {
  return joining(member, ({ open }) => ({ open: openOf(open) }));
}
