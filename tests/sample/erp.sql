CREATE TYPE client_kind AS ENUM ('shop', 'person');

CREATE TABLE erp_client (
    code varchar(12) PRIMARY KEY,
    name text NOT NULL,
    kind client_kind NOT NULL DEFAULT 'shop',
    metadata jsonb,
    labels text[],
    since date
);

CREATE TABLE erp_price (
    client_code varchar(12) REFERENCES erp_client (code),
    article varchar(20),
    net numeric(12, 3) NOT NULL,
    PRIMARY KEY (client_code, article)
);

CREATE TABLE erp_movement (
    movement_id bigserial PRIMARY KEY,
    client_code varchar(12) NOT NULL REFERENCES erp_client (code),
    article varchar(20),
    pieces integer NOT NULL CHECK (pieces <> 0),
    booked_at timestamp NOT NULL DEFAULT now(),
    FOREIGN KEY (client_code, article) REFERENCES erp_price (client_code, article)
);

CREATE TABLE erp_tag (
    id serial PRIMARY KEY,
    name varchar(40) UNIQUE NOT NULL
);

CREATE TABLE erp_client_tag (
    client_code varchar(12) REFERENCES erp_client (code),
    tag_id integer REFERENCES erp_tag (id),
    PRIMARY KEY (client_code, tag_id)
);

CREATE TABLE erp_reading (
    sensor text NOT NULL,
    at timestamptz NOT NULL,
    value double precision
);

CREATE VIEW erp_stock AS
    SELECT client_code, article, sum(pieces) AS pieces FROM erp_movement GROUP BY client_code, article;

CREATE VIEW erp_shop AS SELECT code, name FROM erp_client WHERE kind = 'shop';

INSERT INTO erp_client (code, name, kind, metadata, labels, since) VALUES
    ('N-1', 'Nordlicht', 'shop', '{"route": 4}', '{cold,early}', '2011-05-02'),
    ('S-7', 'Sol, Luna & Co', 'person', NULL, NULL, NULL);
INSERT INTO erp_price VALUES ('N-1', 'cork 24', 0.125), ('S-7', 'cork 24', 0.250);
INSERT INTO erp_movement (client_code, article, pieces, booked_at) VALUES
    ('N-1', 'cork 24', 500, '2026-01-05 08:30'), ('N-1', 'cork 24', -120, '2026-02-01 09:00'), ('S-7', NULL, 3, now());
INSERT INTO erp_tag (name) VALUES ('wholesale');
INSERT INTO erp_client_tag VALUES ('N-1', 1);
INSERT INTO erp_reading VALUES ('cellar', '2026-01-01T00:00Z', 11.5);
