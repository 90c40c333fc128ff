import type { Attestation, LeastTimes, Receipt, Ref } from '@assay/protocol';
import { type Announcements, clockToleranceMs, type Heard } from '../announcements.ts';

/** What a mixer checks times against. */
interface TimeView {
  readonly announcements: Announcements;
  readonly nowMs: number;
}

/**
 * Why the times of a receipt of `mixer` cannot be; null when they may. They lie between what this one heard of that
 * mixer itself, give or take two seconds; of what it has not heard it can say nothing (§15.20).
 */
export function checkTime({ announcements, nowMs }: TimeView, receipt: Receipt, mixer: Ref<'mixers'>): string | null {
  const { taskId, firstTokenMs, totalMs, attempt } = receipt;
  if (firstTokenMs > totalMs) return 'first token after the end';
  const heard = announcements.heard(mixer, taskId);
  if (heard === null) return null;
  if (heard.attempt !== attempt) return 'another number of reassignments was announced';
  if (totalMs > nowMs - heard.firstMs + clockToleranceMs) return 'it took less time than the receipt says';
  const least = leastTimes(heard);
  if (totalMs < least.totalMs) return 'it took more time than the receipt says';
  return firstTokenMs < least.firstTokenMs ? 'its first token came later than the receipt says' : null;
}

/** Of the receipts at these places in a batch of `mixer`, those that name less time than was heard: the least. */
export function slowerThanNamed(
  announcements: Announcements,
  mixer: Ref<'mixers'>,
  { attestations, places }: { readonly attestations: readonly Attestation[]; readonly places: readonly number[] },
): LeastTimes[] {
  return places.flatMap((index) => {
    const attestation = attestations[index];
    if (attestation?.kind !== 'receipt') return [];
    const { taskId, firstTokenMs, totalMs } = attestation.value.receipt;
    const heard = announcements.heard(mixer, taskId);
    if (heard === null) return [];
    const least = leastTimes(heard);
    return firstTokenMs < least.firstTokenMs || totalMs < least.totalMs ? [{ index, ...least }] : [];
  });
}

/** The least times that a receipt may name, by what was heard of its task. */
function leastTimes({ firstMs, begunMs, lastMs }: Heard): Omit<LeastTimes, 'index'> {
  const least = (untilMs: number) => Math.max(untilMs - firstMs - clockToleranceMs, 0);
  return { firstTokenMs: least(begunMs ?? firstMs), totalMs: least(lastMs) };
}
