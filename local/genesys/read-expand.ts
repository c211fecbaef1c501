import { invalidQueryValue } from './genesys-error.ts';

/** Values that the vendor's description allows in `expand` of the user operations. */
const EXPANSIONS = [
  'routingStatus',
  'presence',
  'integrationPresence',
  'conversationSummary',
  'outOfOffice',
  'geolocation',
  'station',
  'authorization',
  'lasttokenissued',
  'authorization.unusedRoles',
  'team',
  'workPlanBidRanks',
  'externalContactsSettings',
  'groups',
  'customAttributes',
  'profileSkills',
  'certifications',
  'locations',
  'skills',
  'languages',
  'languagePreference',
  'employerInfo',
  'biography',
  'dateLastLogin',
  'dateWelcomeSent',
];

/** Reads `expand`, repeated or comma-separated. @throws GenesysError 400 for an unknown value */
export function readExpand(query: URLSearchParams): ReadonlySet<string> {
  const wanted = query
    .getAll('expand')
    .flatMap((list) => list.split(','))
    .filter((name) => name !== '');
  for (const name of wanted) {
    if (!EXPANSIONS.includes(name)) throw invalidQueryValue(name, 'expand', EXPANSIONS.join(', '));
  }
  return new Set(wanted);
}
