"""The conductor: a data set and a model in, an audit record out."""
