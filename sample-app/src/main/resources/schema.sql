create sequence if not exists rush_number;

create sequence if not exists concert_number;

create table if not exists concert (
	id bigint primary key,
	rush bigint not null,
	kind varchar(10) not null,
	seats int not null,
	buyers int not null,
	last_token bigint default 0 not null
);

-- Nothing here forbids to sell a seat twice. A unique key would; what is guarded in earnest seldom fits into one.
create table if not exists ticket (
	id bigint generated always as identity primary key,
	concert bigint not null references concert (id) on delete cascade,
	seat int not null,
	buyer varchar(50) not null,
	instance varchar(20) not null,
	token bigint
);

-- A row for each instance that buyers stand in front of, waiting for the doors to open.
create table if not exists arrival (
	concert bigint not null references concert (id) on delete cascade,
	buyers int not null
);

create table if not exists instance (
	name varchar(20) primary key,
	pid bigint not null,
	database_host boolean not null,
	store varchar(50) not null,
	seen_at timestamp with time zone not null
);

-- For a file of an older version
alter table if exists instance alter column if exists redis rename to store;
