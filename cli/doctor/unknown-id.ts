/** An id that does not exist: reading it distinguishes 403 (no permission) from 404 (not found). */
export const UNKNOWN_ID = '00000000-0000-4000-8000-000000000000';
