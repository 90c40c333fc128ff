import type { Receipt, Ref } from '@assay/protocol';
import { type Announcements, clockToleranceMs } from '../announcements.ts';

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
  const { firstMs, begunMs, lastMs } = heard;
  if (totalMs > nowMs - firstMs + clockToleranceMs) return 'it took less time than the receipt says';
  if (totalMs < lastMs - firstMs - clockToleranceMs) return 'it took more time than the receipt says';
  const begun = begunMs ?? firstMs;
  return firstTokenMs < begun - firstMs - clockToleranceMs ? 'its first token came later than the receipt says' : null;
}
