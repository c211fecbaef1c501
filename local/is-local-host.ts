/**
 * Whether a request was addressed to this machine by a name that only it can have. A page on the
 * internet whose host name is made to resolve to 127.0.0.1 (DNS rebinding) sends its own name.
 * @param host the `Host` header
 */
export function isLocalHost(host: string | undefined): boolean {
  return /^(127\.0\.0\.1|localhost|\[::1\])(:\d{1,5})?$/i.test(host ?? '');
}
