// Generated from openapi/, do not edit; npm run generate

export interface paths {
    "/audiences/update": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Update
         * @description Add or delete users from an audience.
         */
        post: operations["audience_update"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/audiences/view": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * View
         * @description Get information about an audience.
         */
        get: operations["audience_view"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/audiences/create": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Create
         * @description Create an audience.
         */
        post: operations["audience_create"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/audiences/replace": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Replace
         * @description Replace all audience users. It removes all previously added users and adds the given ones.
         */
        post: operations["audience_replace"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/audiences/remove": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Remove
         * @description Delete an audience.
         */
        post: operations["audience_remove"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/audiences/list": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List
         * @description List audiences.
         */
        get: operations["audience_list"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
}
export type webhooks = Record<string, never>;
export interface components {
    schemas: {
        Error: {
            /** @description A human readable error message */
            error_message: string;
            /** @description Error code */
            error_code: string;
        };
        Audience: {
            /** @description The name of the audience. */
            name?: string;
            /** @description The name shown on the dashboard. */
            display_name?: string;
            /** @description The kind of id the audience holds, for example `CUSTOM_ID`. */
            type?: string;
            /** @description The number of ids in the audience. */
            nb_ids?: number;
            /**
             * @description The state of the update that returned the token, or of the last update when no token is given. `APPLIED`: finished. `IN_PROGRESS`, also spelled `IN_PROCESS`: not yet. `REPLACED`: the audience's content was replaced since the token was issued.
             * @enum {string}
             */
            indexing_state?: "APPLIED" | "IN_PROGRESS" | "IN_PROCESS" | "REPLACED";
            /**
             * Format: date-time
             * @description When the audience was created (RFC 3339, UTC).
             */
            created?: string;
            /**
             * Format: date-time
             * @description When the audience was last updated (RFC 3339, UTC).
             */
            updated?: string;
        };
    };
    responses: {
        /** @description The request is malformed */
        400: {
            headers: {
                [name: string]: unknown;
            };
            content: {
                "application/json": components["schemas"]["Error"];
            };
        };
        /** @description The Rest API Key is not valid for this project */
        401: {
            headers: {
                [name: string]: unknown;
            };
            content: {
                "application/json": components["schemas"]["Error"];
            };
        };
        /** @description Not found */
        404: {
            headers: {
                [name: string]: unknown;
            };
            content: {
                "application/json": components["schemas"]["Error"];
            };
        };
        /** @description Too Many Requests */
        429: {
            headers: {
                [name: string]: unknown;
            };
            content: {
                "application/json": components["schemas"]["Error"];
            };
        };
        /** @description Unexpected error */
        500: {
            headers: {
                [name: string]: unknown;
            };
            content: {
                "application/json": components["schemas"]["Error"];
            };
        };
        /** @description Batch's services are under maintenance. Please try again later */
        503: {
            headers: {
                [name: string]: unknown;
            };
            content: {
                "application/json": components["schemas"]["Error"];
            };
        };
        /** @description If the POST to the API endpoint is successful you will receive an HTTP 202 confirmation and an indexing token. <br/>Once you get your indexing token, you can use it to check the indexing state with the view action. */
        asyncResponse: {
            headers: {
                [name: string]: unknown;
            };
            content: {
                "application/json": {
                    indexing_token?: string;
                };
            };
        };
    };
    parameters: {
        /** @description The unique project key, identifying a project on the Batch platform */
        HeaderProjectKey: string;
    };
    requestBodies: never;
    headers: never;
    pathItems: never;
}
export type $defs = Record<string, never>;
export interface operations {
    audience_update: {
        parameters: {
            query?: never;
            header: {
                /** @description The unique project key, identifying a project on the Batch platform */
                "X-Batch-Project": components["parameters"]["HeaderProjectKey"];
            };
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": {
                    /** @description The name of the existing audience you want this operation to be applied to. */
                    name: string;
                    /** @description An array of objects describing actions to be applied to the audience. <br/>If multiple actions are given for the same ID, only the last one will be taken into account. */
                    ids: {
                        /**
                         * @description The action to be applied to the audience.
                         * @enum {string}
                         */
                        action: "add" | "remove";
                        /** @description The ID that will be added to or deleted from the audience. */
                        id: string;
                        /** @description Only accepted for `add` action. <br/>An object containing attributes to be attached to the id. They can then be used in [message personalization](https://doc.batch.com/guides/message-personalization/advanced/#custom-audience-data). <br/>Supports up to 15 elements. See the Custom Data API documentation for more info on attribute names and values. */
                        attributes?: {
                            [key: string]: string | number | boolean;
                        };
                    }[];
                };
            };
        };
        responses: {
            202: components["responses"]["asyncResponse"];
            400: components["responses"]["400"];
            401: components["responses"]["401"];
            429: components["responses"]["429"];
            500: components["responses"]["500"];
            503: components["responses"]["503"];
        };
    };
    audience_view: {
        parameters: {
            query: {
                /** @description The name of the existing audience you want to view. Required even when a token is given. */
                name: string;
                /** @description The token of the update whose indexing state you want to know. */
                indexing_token?: string;
            };
            header: {
                /** @description The unique project key, identifying a project on the Batch platform */
                "X-Batch-Project": components["parameters"]["HeaderProjectKey"];
            };
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The audience and the state of its indexing. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Audience"];
                };
            };
            400: components["responses"]["400"];
            401: components["responses"]["401"];
            404: components["responses"]["404"];
            429: components["responses"]["429"];
            500: components["responses"]["500"];
            503: components["responses"]["503"];
        };
    };
    audience_create: {
        parameters: {
            query?: never;
            header: {
                /** @description The unique project key, identifying a project on the Batch platform */
                "X-Batch-Project": components["parameters"]["HeaderProjectKey"];
            };
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": {
                    /** @description The name of the new audience: letters (a-z, A-Z), numbers (0-9), `_` and `-`. It is case sensitive. */
                    name: string;
                    /** @description The kind of id the audience holds. */
                    type: ("custom_ids" | "emails" | "install_ids") | (string & {});
                    /** @description The name shown on the dashboard. */
                    display_name?: string;
                };
            };
        };
        responses: {
            202: components["responses"]["asyncResponse"];
            400: components["responses"]["400"];
            401: components["responses"]["401"];
            429: components["responses"]["429"];
            500: components["responses"]["500"];
            503: components["responses"]["503"];
        };
    };
    audience_replace: {
        parameters: {
            query?: never;
            header: {
                /** @description The unique project key, identifying a project on the Batch platform */
                "X-Batch-Project": components["parameters"]["HeaderProjectKey"];
            };
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": {
                    /** @description The name of the existing audience you want this operation to be applied to. */
                    name: string;
                    /** @description The ids that the audience holds from now on. A second request replaces those of the first. If an id is given several times, only the last one will be taken into account. */
                    ids: {
                        /** @description The ID that will be added to the audience. */
                        id: string;
                        /** @description The attributes to be attached to the id, at most 15. */
                        attributes?: {
                            [key: string]: string | number | boolean;
                        };
                    }[];
                };
            };
        };
        responses: {
            202: components["responses"]["asyncResponse"];
            400: components["responses"]["400"];
            401: components["responses"]["401"];
            429: components["responses"]["429"];
            500: components["responses"]["500"];
            503: components["responses"]["503"];
        };
    };
    audience_remove: {
        parameters: {
            query?: never;
            header: {
                /** @description The unique project key, identifying a project on the Batch platform */
                "X-Batch-Project": components["parameters"]["HeaderProjectKey"];
            };
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": {
                    /** @description The name of the existing audience you want to delete. */
                    name: string;
                };
            };
        };
        responses: {
            202: components["responses"]["asyncResponse"];
            400: components["responses"]["400"];
            401: components["responses"]["401"];
            429: components["responses"]["429"];
            500: components["responses"]["500"];
            503: components["responses"]["503"];
        };
    };
    audience_list: {
        parameters: {
            query?: {
                /** @description Where the page begins. Leave it out on the first call, then use the `next_from` of the previous response. */
                from?: string;
                /** @description The number of audiences on a page. */
                limit?: number;
            };
            header: {
                /** @description The unique project key, identifying a project on the Batch platform */
                "X-Batch-Project": components["parameters"]["HeaderProjectKey"];
            };
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description One page of audiences. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        audiences?: components["schemas"]["Audience"][];
                        /** @description The number of all audiences. On the first page only. */
                        count?: number;
                        /** @description Whether another page follows. */
                        has_more?: boolean;
                        /** @description The `from` of the next page. */
                        next_from?: string;
                    };
                };
            };
            400: components["responses"]["400"];
            401: components["responses"]["401"];
            429: components["responses"]["429"];
            500: components["responses"]["500"];
            503: components["responses"]["503"];
        };
    };
}
