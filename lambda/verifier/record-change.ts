import type { IHeaders, KafkaMessage } from 'kafkajs';
import type { ChangeHeaders } from '../shared/message';
import { logPosition } from './log-position';
import type { Change } from './ports';

type HeaderName = keyof ChangeHeaders;

const REPLACES: ChangeHeaders['op'] = 'u';

/**
 * Makes a reader of the change that a record follows, `undefined` for a copy: a record with a value and without these
 * headers. Remembers the last position, which many records have in common.
 */
export function changeReader(): (message: KafkaMessage) => Change | undefined {
  let last: { readonly gtids: string; readonly position: bigint | null } = { gtids: '', position: null };
  return ({ value, headers = {}, timestamp }) => {
    const op = headerOf(headers, 'op');
    const gtids = headerOf(headers, 'gtid');
    if (value !== null && op === undefined && gtids === undefined) return undefined;
    if (gtids !== undefined && gtids !== last.gtids) last = { gtids, position: logPosition(gtids) };
    return {
      replaces: op === REPLACES,
      position: gtids === undefined ? null : last.position,
      time: Number(timestamp),
      ...(headerOf(headers, 'asked') !== undefined && { isAsked: true }),
    };
  };
}

/** The position as of which a changed key was read; `undefined` for a message without this header. */
export function positionIn({ headers = {} }: KafkaMessage): bigint | null | undefined {
  const gtids = headerOf(headers, 'gtid');
  return gtids === undefined ? undefined : logPosition(gtids);
}

/** A header that is given more than once is the last one. */
function headerOf(headers: IHeaders, name: HeaderName): string | undefined {
  const given = headers[name];
  return (Array.isArray(given) ? given.at(-1) : given)?.toString();
}
