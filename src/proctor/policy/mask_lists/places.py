"""Policy, masks: places that are nowhere and streets that are everywhere."""

from __future__ import annotations


def _lines(text: str) -> tuple[bytes, ...]:
    return tuple(part.strip().encode() for part in text.replace("\n", " ").split(",") if part.strip())


CITIES: tuple[bytes, ...] = _lines(
    """
    Alderbrook, Amberfield, Appleford, Arlow, Ashbourne Vale, Ashmere, Aspen Hollow, Barrowmere, Bayhurst, Beechwood
    Falls, Bellmoor, Birchport, Blackwater Bend, Bluehaven, Bramblewick, Briarton, Bridgemont, Brookstead, Calder
    Springs, Cedar Point, Chalkford, Cherrydale, Clearbrook, Cloverton, Coldspring, Copperfield, Cranleigh Bay,
    Crestview, Dapplemere, Deerfield, Dovercliff, Dunmarsh, Eastbrook, Edgewater, Elderton, Elkhorn Ridge,
    Ellismoor, Fairhaven, Fallowdale, Fernhill, Fieldcrest, Foxmere, Frostburg Heights, Glenhaven, Goldleaf, Granite
    Falls, Greenmere, Greyport, Halewick, Harbor Glen, Hartsford, Hawthorn Bay, Hazelton, Heatherdale, Highmoor,
    Hollowbrook, Ironwood, Ivybridge, Juniper Flats, Kestrel Bay, Kingsmere, Lakemont, Larkspur, Laurelton,
    Lindenau, Lowfield, Maplewood, Marlow Sands, Meadowbrook, Millhaven, Mistwood, Moorfield, Mossley Green,
    Newbrook, Northmere, Oakridge, Oldcastle, Orchard Hill, Otterburn, Pebble Creek, Pinehurst, Plumstead Vale,
    Quarry Hill, Quillmere, Ravenswick, Redcliff, Riverbend, Rosewood, Rushmere, Saltmarsh, Sandford Bay,
    Silverlake, Snowdon Falls, Southmere, Stonebridge, Summerhill, Sunnyvale Heath, Swallowfield, Thornbury Cross,
    Timberlake, Valebrook, Violet Hill, Walnut Grove, Waterford Mills, Westmere, Whitecliff, Wildwood, Willow
    Springs, Windermoor, Winterbourne, Wolfbrook, Woodhaven, Wrenfield, Yarrowdale, Yewbarrow
    """
)

STREETS: tuple[bytes, ...] = _lines(
    """
    Acacia Avenue, Alder Street, Apple Lane, Ash Street, Aspen Way, Bay Road, Beech Street, Bell Lane, Birch Avenue,
    Bridge Street, Brook Lane, Canal Street, Castle Road, Cedar Street, Chapel Lane, Cherry Street, Chestnut Avenue,
    Church Street, Cliff Road, Clover Lane, College Street, Cooper Street, Court Road, Creek Drive, Crescent Road,
    Crown Street, Dale Road, Dock Street, Dove Lane, East Street, Elm Street, Falcon Way, Farm Road, Fern Lane,
    Field Street, Fir Avenue, Forest Road, Fountain Street, Garden Street, Gate Road, Glen Drive, Grange Road, Green
    Street, Grove Street, Harbor Street, Hawthorn Road, Hazel Lane, Heath Road, High Street, Hill Street, Holly
    Lane, Ivy Road, Juniper Way, King Street, Lake Street, Lark Lane, Laurel Street, Lilac Avenue, Lime Street,
    Linden Avenue, Long Lane, Magnolia Drive, Manor Road, Maple Street, Market Street, Marsh Lane, Meadow Street,
    Mill Street, Moor Road, Mulberry Street, New Street, North Road, Oak Street, Olive Street, Orchard Street, Palm
    Avenue, Park Street, Pear Tree Lane, Pine Street, Plum Street, Pond Lane, Poplar Avenue, Prospect Street, Quarry
    Road, Queen Street, Ridge Road, River Street, Rose Lane, Rowan Way, School Street, Shore Road, South Street,
    Spring Street, Spruce Street, Station Road, Stone Street, Summit Avenue, Sycamore Street, Terrace Road, Thistle
    Way, Tower Street, Union Street, Vale Road, Valley Road, View Street, Vine Street, Walnut Street, Water Street,
    Well Lane, West Street, Willow Street, Windmill Lane, Wood Street, Yew Lane
    """
)
