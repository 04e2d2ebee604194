// Generated from openapi/, do not edit; npm run generate

/** What one request may hold or ask for, as the API document states it. */
export const limits = {
  maxIdsPerRequest: 10000,
  maxAttributesPerId: 15,
  attributeNamePattern: "^(?:[a-z0-9_]{1,30}|date\\([a-z0-9_]{1,30}\\)|url\\([a-z0-9_]{1,30}\\))$",
  audienceNamePattern: "^[A-Za-z0-9_-]+$",
  maxAudienceNameLength: 255,
  maxAudiencesPerPage: 100,
} as const;

/** Where the API is, with the version to put into the URL. */
export const server = {
  url: "https://api.batch.com/{version}",
  version: "2.11",
} as const;
