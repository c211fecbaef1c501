/**
 * True if a request was addressed to a loopback name. A web page whose host name resolves to 127.0.0.1
 * (DNS rebinding) sends its own name.
 * @param host the `Host` header
 */
export function isLocalHost(host: string | undefined): boolean {
  return /^(127\.0\.0\.1|localhost|\[::1\])(:\d{1,5})?$/i.test(host ?? '');
}
