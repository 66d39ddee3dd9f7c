-- What FencingGuard keeps: for each guarded resource the largest fencing token seen.
-- One row a resource; rows are never deleted. Names are compared as they are: where text
-- is compared without regard to case by default (MySQL, MariaDB, SQL Server), give the
-- column a binary collation, such as CHARACTER SET utf8mb4 COLLATE utf8mb4_bin.
CREATE TABLE coordination_fence (
	name VARCHAR(512) NOT NULL,
	token NUMERIC(19) NOT NULL,
	PRIMARY KEY (name)
);
